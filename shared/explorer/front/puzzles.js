// Six puzzles.  Each has a small line of its own, a thing to do, and a test whether it is done.

// Frames written as { symbol: probability }; what is left is shared by the other symbols
function smallLine(characters, target, frames) {
  const logits = frames.map((frame) => {
    const named = ["ϵ", ...characters].map((c) => frame[c]);
    const left = 1 - named.reduce((sum, p) => sum + (p ?? 0), 0);
    const others = named.filter((p) => p === undefined).length;
    return named.map((p) => tidy(100 * Math.log(p ?? Math.max(left, 0.004) / others)) / 100);
  });
  return { characters, target, logits };
}

// The most probable texts of a short line, with their exact probabilities
function likelyTexts(n) {
  const steps = beamSteps(n.logProbs, 300);
  return steps[steps.length - 1].kept.slice(0, 12)
    .map(({ prefix }) => ({ prefix, logP: forward(n.logProbs, prefix).logP }))
    .sort((a, b) => b.logP - a.logP);
}

// Width 2 beats width 4 when frame 1 says a with 0.55 and b with 0.35; here it does not yet
const NARROW_WINS = smallLine("ab", "bab", [
  { "ϵ": 0.1, a: 0.3, b: 0.6 }, { "ϵ": 0.1, a: 0.3, b: 0.6 }, { "ϵ": 0.3, a: 0.3, b: 0.4 }, { "ϵ": 0.1, a: 0.05, b: 0.85 },
]);

const readBy = (n, width) => beamSteps(n.logProbs, width).at(-1).kept[0].prefix;
const same = (a, b) => a.join() === b.join();

const PUZZLES = [
  {
    title: "Kill the double l", opens: { level: "collapse" },
    ask: "With one edit, make greedy read helo.",
    told: "The ϵ between the two l's is what keeps them apart. Without it they merge.",
    line: () => smallLine("ehlo", "hello", [
      { h: 0.8 }, { h: 0.5, "ϵ": 0.4 }, { "ϵ": 0.6 }, { e: 0.85 }, { "ϵ": 0.5, e: 0.4 }, { l: 0.8 }, { l: 0.6 },
      { "ϵ": 0.6, l: 0.25 }, { l: 0.7 }, { "ϵ": 0.7 }, { o: 0.8 }, { "ϵ": 0.5 },
    ]),
    done: (n, state, text) => text(n.greedy) === "helo" && state.edited === 1,
  },
  {
    title: "Make greedy wrong", opens: { level: "lattice", mode: "paths" },
    ask: "Change the bars until greedy reads one text, and another text is more probable.",
    told: "Greedy compares single paths. A text is as probable as all of its paths together.",
    line: () => smallLine("ab", "a", [{ "ϵ": 0.8, a: 0.15 }, { "ϵ": 0.75, a: 0.2 }]),
    done: (n) => likelyTexts(n)[0].logP > forward(n.logProbs, n.greedy).logP + 1e-9,
  },
  {
    title: "Make width 2 beat width 4", opens: { level: "beam" },
    ask: "Change the bars until width 2 finds a more probable text than width 4.",
    told: "A wider beam keeps more, but what it keeps longer can push out what would have won.",
    line: () => NARROW_WINS,
    done: (n) => forward(n.logProbs, readBy(n, 2)).logP > forward(n.logProbs, readBy(n, 4)).logP + 1e-9,
  },
  {
    title: "Make a word infeasible", opens: { level: "lattice", mode: "river" },
    ask: "Type a target that has no more letters than there are frames, and still does not fit.",
    told: "Two equal neighbors need a ϵ between them, and that ϵ needs a frame of its own.",
    line: () => smallLine("elo", "lole", [{ l: 0.7 }, { o: 0.6 }, { "ϵ": 0.6 }, { l: 0.6 }, { e: 0.7 }]),
    done: (n) => n.label.length <= n.logProbs.length && minFrames(n.label) > n.logProbs.length,
  },
  {
    title: "Leave the blank plateau", opens: { level: "lattice", mode: "gradient" },
    ask: "The network says ϵ everywhere. Reach hello in five gradient steps or fewer; only the rate is yours.",
    told: "All frames alike is where training rests first. A large step takes the letters apart.",
    line: () => smallLine("ehlo", "hello", Array(12).fill({ "ϵ": 0.82 })),
    done: (n, state, text) => text(n.greedy) === "hello" && !state.edited && state.steps > 0 && state.steps <= 5,
  },
  {
    title: "Two texts of equal probability", opens: { level: "beam" },
    ask: "Make the two most probable texts equally probable, to one in a hundred.",
    told: "Where two texts tie, the network has no reason to prefer one; a language model has.",
    line: () => smallLine("act", "cat", [{ c: 0.8, "ϵ": 0.15 }, { a: 0.7, "ϵ": 0.2 }, { "ϵ": 0.6, a: 0.3 }, { t: 0.6, c: 0.2, "ϵ": 0.15 }]),
    done: (n) => {
      const [first, second] = likelyTexts(n);
      return !same(first.prefix, second.prefix) && first.logP - second.logP < 0.01;
    },
  },
];
