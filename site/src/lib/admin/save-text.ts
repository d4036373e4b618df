export interface TextFile {
  name: string;
  text: string;
  /** Its media type, such as "application/json". */
  type: string;
}

/** Has the browser save a text as a file. */
export function saveText({ name, text, type }: TextFile): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
