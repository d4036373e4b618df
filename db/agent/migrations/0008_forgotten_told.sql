ALTER TABLE `forgotten` ADD `told_at` integer;--> statement-breakpoint
ALTER TABLE `forgotten` ADD `told_in` integer;