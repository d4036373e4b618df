CREATE TABLE `closed_days` (
	`day` integer PRIMARY KEY NOT NULL,
	`closed_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `notices` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`kind` text NOT NULL,
	`data` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `notices_at` ON `notices` (`at`);--> statement-breakpoint
CREATE TABLE `usage_daily` (
	`day` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`platform` text NOT NULL,
	`tier` text NOT NULL,
	`workload` text NOT NULL,
	`model` text NOT NULL,
	`attempts` integer NOT NULL,
	`failures` integer NOT NULL,
	`tokens_in` integer NOT NULL,
	`tokens_out` integer NOT NULL,
	`tokens_cached` integer NOT NULL,
	`cost_nano` integer NOT NULL,
	PRIMARY KEY(`day`, `tenant_id`, `platform`, `tier`, `workload`, `model`)
);
--> statement-breakpoint
CREATE INDEX `usage_daily_tenant` ON `usage_daily` (`tenant_id`,`day`);--> statement-breakpoint
ALTER TABLE `active_policy` ADD `previous_version` integer;--> statement-breakpoint
ALTER TABLE `tenants` ADD `limits` text;