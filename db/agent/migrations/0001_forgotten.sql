CREATE TABLE `forgotten` (
	`session_id` text PRIMARY KEY NOT NULL,
	`deleted_at` integer NOT NULL
);
