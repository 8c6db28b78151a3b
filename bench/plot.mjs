// Two plots beside each other, both axes in powers of ten: a straight line is cost that grows as work.

const WIDTH = 360;
const HEIGHT = 240;
const LEFT = 60;
const TOP = 40;

export function drawScale({ entries, bytes }) {
  const panels = [
    drawPanel(0, 'entries of one layer', entries, (x) =>
      x >= 1e6 ? `${x / 1e6} M` : `${x / 1e3} k`,
    ),
    drawPanel(WIDTH + 100, 'size of the image', bytes, (x) => `${x} GB`),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH + 200} ${HEIGHT + 100}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
${panels.join('\n')}
</svg>
`;
}

function drawPanel(at, title, points, nameOf) {
  const [low, high] = [-2, 2];
  const x = (index) => LEFT + 30 + (index * (WIDTH - 60)) / (points.length - 1);
  const y = (seconds) => TOP + HEIGHT - ((Math.log10(seconds) - low) / (high - low)) * HEIGHT;
  const grid = [];
  for (let power = low; power <= high; power += 1) {
    const height = y(10 ** power);
    grid.push(
      `<line x1="${LEFT}" y1="${height}" x2="${LEFT + WIDTH}" y2="${height}" stroke="#ddd"/>`,
      `<text x="${LEFT - 6}" y="${height + 4}" text-anchor="end">${10 ** power} s</text>`,
    );
  }
  const places = points.map(({ seconds }, index) => [x(index), y(seconds)]);
  const line = places.map((place) => place.join(',')).join(' ');
  const marks = points.map(({ seconds, memory, x: value }, index) => {
    const [left = 0, top = 0] = places[index];
    return `<circle cx="${left}" cy="${top}" r="4" fill="#06c"/>
<text x="${left}" y="${top - 10}" text-anchor="middle">${seconds.toPrecision(2)} s, ${memory.toFixed(0)} MiB</text>
<text x="${left}" y="${TOP + HEIGHT + 18}" text-anchor="middle">${nameOf(value)}</text>`;
  });
  return `<g transform="translate(${at},0)">
<text x="${LEFT + WIDTH / 2}" y="20" text-anchor="middle" font-weight="bold">${title}</text>
${grid.join('\n')}
<polyline points="${line}" fill="none" stroke="#06c" stroke-width="2"/>
${marks.join('\n')}
</g>`;
}
