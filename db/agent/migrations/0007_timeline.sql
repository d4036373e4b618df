CREATE TABLE `timeline` (
	`seq` integer PRIMARY KEY NOT NULL,
	`at` integer NOT NULL,
	`generation` integer NOT NULL,
	`data` text NOT NULL
);
