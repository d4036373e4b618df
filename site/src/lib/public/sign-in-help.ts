/** How an invite is used. */
export const STEPS = [
  {
    title: 'Open the link you were given',
    text: 'It leads to the agent’s own address, such as your-name.streamkinetics.com/join/… Opening it uses nothing up yet, so previews in mail and chat programs do no harm.',
  },
  {
    title: 'Say your name, and join',
    text: 'The name stands beside your messages. The link is used up now, and this browser is signed in for 90 days.',
  },
  {
    title: 'Keep the address',
    text: 'Bookmark it, or add it to your home screen: without the part after the slash it opens your chat.',
  },
];

/** What goes wrong, and what to do about it. */
export const QUESTIONS = [
  {
    title: 'The link was used already',
    text: 'If you were the one who used it, open the agent’s address in the browser in which you joined. If not, tell whoever sent it: they can see in the settings, under Members, who came by it, and make you a new one.',
  },
  {
    title: 'The link has expired',
    text: 'Links live for a week unless their maker chose otherwise. Ask for a new one; your sessions are not touched by it.',
  },
  {
    title: 'The link is not known, or is for another address',
    text: 'Check that it is complete: mail programs like to break long links in two. An invite works at the one address that it was made for.',
  },
  {
    title: 'I want to use another phone or computer',
    text: 'Any owner can make a link for another device: Settings, Members, the three dots beside your name. It signs you in there as who you are here.',
  },
  {
    title: 'I was signed out',
    text: 'A sign-in lasts 90 days and ends before that if you sign out, if an owner ends it, or if you are removed. Ask an owner for a link; your sessions are kept.',
  },
  {
    title: 'I do not know the address any more',
    text: 'Look for the invite in your mail: the address is its beginning. Or ask whoever invited you. For your safety nobody can look agents up here.',
  },
  {
    title: 'A program of mine needs to get in',
    text: 'Programs use API keys instead. Owners make them under Settings, API keys.',
  },
];
