/** What is said in the pictures: the questions of a small firm, and answers worth reading. */
export interface Answer {
  /** Words that the user's message holds. */
  question: string;
  /** Tools that are called before the answer, in order. */
  tools?: { name: string; args: object }[];
  text: string;
}

const NOTES = `# Open invoices, October

2031  Harbour Café        €  480.00  due 12 Oct
2034  Lindqvist & Sons    € 1,260.00  due 19 Oct
2040  Studio Amara        €  315.00  due 30 Oct
`;

export const QUESTIONS = {
  invoices:
    'Which invoices from October are still open? Put them into a table and draft a short, friendly reminder for the oldest one.',
  rename:
    'Write me a small script that renames the photos in a folder by the date they were taken.',
} as const;

export const ANSWERS: readonly Answer[] = [
  {
    question: 'Which invoices from October',
    tools: [
      { name: 'write', args: { path: 'invoices/october.md', content: NOTES } },
      { name: 'read', args: { path: 'invoices/october.md' } },
    ],
    text: `Three invoices from October are still open, **€2,055.00** in all:

| Invoice | Customer | Amount | Overdue |
| --- | --- | ---: | ---: |
| 2031 | Harbour Café | €480.00 | 41 days |
| 2034 | Lindqvist & Sons | €1,260.00 | 34 days |
| 2040 | Studio Amara | €315.00 | 23 days |

A reminder for Harbour Café:

> Hello Mara,
>
> a quick note that invoice 2031 from 12 October (€480.00) is still open on our side. If it crossed with your payment, please ignore this. Otherwise, could you let me know when we can expect it?
>
> Thank you, and see you at the market on Saturday!

I saved the list as \`invoices/october.md\`. Shall I draft the other two as well, or check again on Friday?`,
  },
  {
    question: 'renames the photos',
    text: `Here is one with nothing but Python's standard library. It only *shows* what it would do until you add \`--go\`:

\`\`\`python
from datetime import datetime
from pathlib import Path
import sys

folder = Path(sys.argv[1])
go = "--go" in sys.argv

for photo in sorted(folder.glob("*.jpg")):
    taken = datetime.fromtimestamp(photo.stat().st_mtime)
    target = photo.with_name(f"{taken:%Y-%m-%d_%H%M%S}{photo.suffix}")
    print(f"{photo.name} -> {target.name}")
    if go and not target.exists():
        photo.rename(target)
\`\`\`

It uses the file's date. Cameras also write the date *into* the picture; tell me if you want that, it needs one package.`,
  },
];

/** Sessions that are only listed. */
export const TITLES = [
  'Trip to Lisbon: trains and a hotel near the river',
  'Questions for the accountant',
  'Shorter product description, three variants',
  'Minutes of the Tuesday call',
];

export const SCHEDULES = [
  {
    name: 'Open invoices',
    cron: '0 8 * * 1-5',
    timeZone: 'Europe/Lisbon',
    prompt: 'Look through invoices/ and tell me which ones are overdue, the oldest first.',
    enabled: true,
  },
  {
    name: 'Friday summary',
    cron: '30 16 * * 5',
    timeZone: 'Europe/Lisbon',
    prompt: 'Summarise what we did this week from the notes, in ten lines at most.',
    enabled: true,
  },
  {
    name: 'Month’s end checklist',
    cron: '0 9 28 * *',
    timeZone: 'Europe/Lisbon',
    prompt: 'Go through checklists/month-end.md with me, one point after the other.',
    enabled: false,
  },
];

export const KEYS = [
  { name: 'Website contact form', workloads: ['chat'], expiresInS: null },
  { name: 'Nightly report', workloads: ['summarize', 'monitor'], expiresInS: 90 * 86_400 },
];

export const PEOPLE = [
  { name: 'Inês Duarte', role: 'owner' },
  { name: 'Tomás Lindqvist', role: 'user' },
  { name: 'Aya Nakamura', role: 'user' },
] as const;
