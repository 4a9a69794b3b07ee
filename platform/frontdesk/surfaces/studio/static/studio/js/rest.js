/** What was written into a box while the words before it were sent. */
export const rest = (now, sent) => (now.startsWith(sent) ? now.slice(sent.length).trimStart() : now);
