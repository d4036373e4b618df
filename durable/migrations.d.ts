declare module '*/migrations/migrations.js' {
  const bundle: {
    journal: { entries: { idx: number; tag: string }[] };
    migrations: Record<string, string>;
  };
  export default bundle;
}
