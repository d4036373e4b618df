import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a page's `system-ui` is taken for: the first of these that the machine has. */
const SYSTEM_UI = ['Inter', 'Segoe UI', 'Cantarell', 'Noto Sans', 'Open Sans', 'Liberation Sans'];

/** The names under which Chromium asks for it. */
const GENERIC = ['system-ui', 'sans-serif', 'sans'];

/**
 * Writes a font configuration that has an interface font stand for `system-ui`, as desktops have one:
 * a bare server takes whatever comes first. Answers the file's path.
 */
export async function writeFonts(dir: string): Promise<string> {
  const families = SYSTEM_UI.map((name) => `<family>${name}</family>`).join('');
  const aliases = GENERIC.map(
    (name) =>
      `  <alias binding="strong"><family>${name}</family><prefer>${families}</prefer></alias>`,
  ).join('\n');
  const file = join(dir, 'fonts.conf');
  await writeFile(
    file,
    `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
${aliases}
</fontconfig>
`,
  );
  return file;
}
