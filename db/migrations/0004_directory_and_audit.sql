ALTER TABLE `hostnames` ADD `leaving_version` integer;--> statement-breakpoint
ALTER TABLE `hostnames` ADD `heir_id` text REFERENCES tenants(id);--> statement-breakpoint
CREATE INDEX `hostnames_leaving` ON `hostnames` (`leaving_version`) WHERE "hostnames"."leaving_version" is not null;--> statement-breakpoint
CREATE INDEX `audit_actor` ON `audit` (`actor`,`id`);--> statement-breakpoint
CREATE INDEX `audit_action` ON `audit` (`action`,`id`);--> statement-breakpoint
CREATE INDEX `audit_target` ON `audit` (`target`,`id`);