ALTER TABLE `invites` ADD `creator_id` text;--> statement-breakpoint
ALTER TABLE `invites` ADD `member_id` text;--> statement-breakpoint
ALTER TABLE `invites` ADD `used_by` text;--> statement-breakpoint
ALTER TABLE `sign_ins` ADD `last_seen_at` integer;