CREATE TABLE `refusals` (
	`hour` integer NOT NULL,
	`route` text NOT NULL,
	`status` integer NOT NULL,
	`count` integer NOT NULL,
	PRIMARY KEY(`hour`, `route`, `status`)
);
--> statement-breakpoint
CREATE TABLE `wakes` (
	`tenant_id` text NOT NULL,
	`generation` integer NOT NULL,
	`outcome` text NOT NULL,
	`at` integer NOT NULL,
	`ms` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `generation`, `outcome`)
);
--> statement-breakpoint
CREATE INDEX `wakes_at` ON `wakes` (`at`);