-- The built-in tenant that owns routing tests, probes and deploy checks. It has no sandbox.
INSERT OR IGNORE INTO `tenants` (`id`, `slug`, `platform`, `tier`, `status`, `version`, `created_at`, `updated_at`)
VALUES ('00000000-0000-4000-8000-000000000001', 'system', 'system', 'enterprise', 'active', 1, 0, 0);
