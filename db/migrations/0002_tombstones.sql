DROP INDEX `tenants_platform_slug`;--> statement-breakpoint
ALTER TABLE `tenants` ADD `deleted_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `tenants_platform_slug` ON `tenants` (`platform`,`slug`) WHERE "tenants"."status" <> 'deleted';