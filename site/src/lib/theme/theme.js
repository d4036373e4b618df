/*
 * Light or dark, by the person's choice, before the first paint: a file of its own, since the pages'
 * policy runs no script that stands in them. It works with and without the page's other scripts, and
 * is the only one that writes the choice.
 */
(() => {
  const KEY = 'theme';
  const root = document.documentElement;
  const read = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const show = () => {
    const choice = read();
    if (choice === 'light' || choice === 'dark') root.dataset.mode = choice;
    else delete root.dataset.mode;
    for (const input of document.querySelectorAll('input[data-theme-choice]')) {
      input.checked = input.value === (root.dataset.mode ?? 'system');
    }
  };
  show();
  addEventListener('DOMContentLoaded', show);
  addEventListener('storage', ({ key }) => {
    if (key === KEY) show();
  });
  addEventListener('change', ({ target }) => {
    if (!(target instanceof HTMLInputElement) || !('themeChoice' in target.dataset)) return;
    try {
      if (target.value === 'system') localStorage.removeItem(KEY);
      else localStorage.setItem(KEY, target.value);
    } catch {
      // Where nothing may be stored the system's choice stays.
    }
    show();
  });
})();
