# %% [markdown]
# # Codebase walkthrough: from a page to text
#
# You let the course's reader read a page in your hand, look into it stage by stage, and measure how
# often it is wrong.

# %% [markdown]
# **You will be able to**
# - follow a page through its stages, from lines to an error rate, and name what enters and leaves;
# - find the module that does a stage, and what it is built from;
# - turn text into labels, and score what was read against what is written;
# - say at which stage a page went wrong, from what the stages passed on;
# - write a test that a wrong error rate cannot pass.
#
# **Time** {time} · **Needs** Python, two CPU cores · **Data** 6 MB, shipped

# %% tags=["parameters"] fast={"NUM_LINES":20}
SEED = 1
NUM_LINES = 300

# %% tags=["setup"]
import ast
import inspect
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from shared import ctc, figures, metrics
from shared.alphabet import ASCII
from shared.checks import begin, check, compare_guess, predict, report
from shared.explorer import browse, explore
from shared.handwriting import Pad, make_sheet, my_hand, my_handwriting, read_sheet
from shared.lines import frozen_lines
from shared.metrics import bootstrap_interval, character_error_rate
from shared.pages import PageReader, matching, open_page_image, prepare_page, show_page
from shared.paths import data_file, my_directory, sample
from shared.pen import write_line

begin(1)

# %% [markdown]
# ## What does it read?
#
# One problem carries this whole course: a photograph of handwriting goes in, text comes out.
# The handwriting should be yours.
# A **hand** is one person's way of writing.
# Until you have given the course yours, an invented one stands in, drawn by a program and never
# shown to a network of this course.
#
# A **network** is a function with very many adjustable numbers, its **weights**.
# To **train** it means to change the weights until its answers fit examples whose answers are known.
# The next cell says of each part whose it is.

# %%
mine = my_handwriting()
print(mine.description)
show_page(mine.photo, title="the page")

# %% [markdown]
# To see your own page here, put a photograph of a few lines into `my/handwriting/` as `page.jpg`,
# or as PNG, WebP, TIFF, GIF or BMP.
# An error rate also has to know what the page says, and Lab 2 wants single letters.
# A printed sheet gives you all of it from one photograph, because it asks for the texts itself.
#
# Below is such a sheet, filled by the stand-in and photographed askew, with a shadow on it.
# The four black marks at its corners are there for the program: from them it knows where every
# box and every rule lies.

# %%
example = data_file("samples/sheet.jpg")
show_page(open_page_image(example), title="a filled sheet, as it was photographed")

# %% [markdown]
# Now the program makes the sheet straight and cuts it up.
# Look at the frames: each becomes one picture, kept under the label that is printed above it.

# %%
sheet = read_sheet(example)
assert len(sheet.letters) == 78 and len(sheet.lines) == 12 and not sheet.problems
sheet.show()

# %% [markdown]
# What is printed is taken away, even the rule that goes through the letters.
# These are six of the twelve lines, as they are kept.

# %%
figures.contact_sheet([255 - line for line in sheet.lines[:6]], sheet.texts[:6])

# %% [markdown]
# The next cell makes an empty sheet for you.
# Print it, write what you like on it with a dark pen, and leave the rest empty.
# Photograph the whole sheet with a phone, put the picture into `my/sheet/` as `photo.jpg`, and
# run the cell again: it shows what was kept, and from here on every lab uses it.
# Your handwriting stays on the machine that runs this notebook, in `my/handwriting/`.
# In a terminal, `labs sheet` does the same; with `--number 2` it asks for twelve other lines, and
# with `--paper Letter` it fits American paper.

# %%
place = my_directory() / "sheet"
make_sheet(place / "sheet.pdf")
print(f"Print {place.parent.name}/sheet/sheet.pdf.")
picture = None
if (place / "photo.jpg").is_file():
    sheet = read_sheet(place / "photo.jpg")
    print(sheet.description, sheet.save(), sep="\n")
    mine, picture = my_handwriting(), sheet.show()
picture

# %% [markdown]
# The course ships a reader of pages, trained on handwriting of about five hundred people, on
# fonts and on invented hands.
# A common measure of a reader is its **character error rate** (CER): how many characters must be
# changed, added or removed to mend its text, divided by the number of characters that are written.
#
# ### Exercise 1.1 · Guess the first error rate
# 2 min · core
#
# Before you look, guess the reader's character error rate on this page.
# Return a percentage: `25` means that one character in four needs mending.


# %% answer="guess_error_rate"
def guess_error_rate() -> float:
    """Return your guess of the reader's character error rate, in percent."""
    ### BEGIN SOLUTION
    return 20.0
    ### END SOLUTION


# %% check="guess_error_rate" points=1
predict("lab01.guess_error_rate")

# %% [markdown]
# <details><summary>Hint 1: what would a perfect reader have?</summary>
# 0 percent. A reader that returns no text at all has 100 percent.
# </details>
# <details><summary>Hint 2: can it be more than 100 percent?</summary>
# Yes, when the reader adds characters that nobody wrote.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** Any honest guess earns the point.
# A guess made first turns the next cell from a fact into an answer.

# %%
page_reader = PageReader.load()
reading = page_reader.read(mine.photo)
print(reading.text)
show_page(mine.photo, reading.lines, title=f"{len(reading.lines)} lines found and read")

# %% [markdown]
# The solid lines are baselines, which letters stand on.
# The dashed boxes are cut out and read, in the order of the numbers.
#
# Next comes the number you start from: the error rate of the page as it is read today, which you
# will push down in later labs.
# A line break counts as a space in it, so that a line that is found in two pieces costs little if
# its text is right.


# %% tags=["number"]
def page_rate(text: str) -> str:
    """Return the CER of what was read on the page, if anybody knows what it says."""
    if mine.page_text is None:
        return "unknown, your lines are missing"
    edits, length = matching.page_edits(mine.page_text, text)
    return f"{edits / length:.1%}, {edits} edits in {length} characters"


rate = page_rate(reading.text)
print(f"CER of the page: {rate}")
percent = float(rate.partition("%")[0]) if "%" in rate else None
print(compare_guess("lab01.guess_error_rate", percent, " %"))

# %% [markdown]
# Now skip the finding of lines: the reader gets each line as a picture of its own, so the errors
# that are left belong to reading alone.
# (The stand-in's lines were drawn apart from its page, so the two rates are of different pictures.)
# Below each line stand what is written and what was read.
# The signs mark what has to be mended: `^` another letter, `+` one too many, `-` one missing.

# %%
reader = page_reader.recognizer
lines = [reader.preparation.prepare(image) for image in mine.line_images]
texts = reader.read_many(lines)
rate = character_error_rate(mine.texts, texts)
print(f"CER on {len(texts)} single lines, {mine.lines_source}: {rate:.1%}")
figures.show_lines(lines[:4], mine.texts[:4], texts[:4])

# %% [markdown]
# ### Write in your own hand
#
# Now it is your turn, because the best handwriting to learn with is yours.
# The next cell opens a pad: write on it with a mouse, a finger or the pen of a tablet, as you
# would on paper, with your letters joined or apart.
# It asks for the ten lines that the stand-in wrote, then for the alphabet, and at the end for six
# more lines.
# A line counts once you press **Next**, and every stroke is saved as soon as you lift the pen.
# Three lines are enough to go on with, and whenever you open the pad again it waits where you
# stopped.
#
# Your strokes stay in the folder `my/handwriting/strokes` on the machine that runs this notebook;
# their pictures lie beside it in `lines` and `letters`.
# Delete `my/handwriting`, and all that you gave is gone.
# If you have no pointer at hand, go on: the stand-in writes in your place.

# %% waiting=5
Pad()

# %% [markdown]
# Run the next cell whenever you have written a line or two.
# It reads each line and shows what you wrote, what was read, and the signs for what has to be
# mended.
# Look for a letter that goes wrong more than once: that is a shape the reader has not met.
# From here on, the page of this lab is put together from these lines, unless you gave a page.

# %%
mine = my_handwriting()
reading = page_reader.read(mine.photo)
print(mine.description)
lines = [reader.preparation.prepare(image) for image in mine.line_images]
texts = reader.read_many(lines)
rate = character_error_rate(mine.texts, texts)
print(f"CER on {len(texts)} lines, {mine.lines_source}: {rate:.1%}")
figures.show_lines(lines[:10], mine.texts[:10], texts[:10])

# %% [markdown]
# The reader can learn such a shape.
# In a terminal, `labs adapt` trains it for about a minute on three quarters of your lines and
# measures it on the quarter that it did not learn from.
# It needs four lines, and sixteen are much better; Lab 5 explains what happens there.
#
# Your letters can do something as well: they can write what you never wrote.
# From ten letters on, the pad's alphabet becomes one more hand of the course's pens, and a hand
# of similar size lends the characters that you left out.
# Change the two texts below and watch them come out in that hand.

# %%
wishes = ["Any text you like, in one hand", "At 7:45 a quick fox jumped over it"]
my_pen = my_hand()
print(my_pen.description)
rng = np.random.default_rng(SEED)
figures.show_lines([write_line(text, my_pen.hand, rng).image for text in wishes], wishes)

# %% [markdown]
# A few lines by one hand say little about a reader.
# So the next cell reads the lines that the course keeps for testing, by ten hands that nothing was
# trained on.
# How far could the rate move if ten other hands had written them?
# To estimate that, ten hands are drawn from these ten again and again, some twice and some not at
# all, and the rate is computed each time (a **bootstrap**).
# The interval holds the middle 95 of 100 such rates; a single hand may lie far outside.

# %%
test = frozen_lines()[:NUM_LINES]
test_texts = reader.read_many(test.images)
wrong = [metrics.edit_distance(a, b) for a, b in zip(test.texts, test_texts, strict=True)]
low, high = bootstrap_interval(wrong, [len(t) for t in test.texts], test.writers, SEED)
test_rate = character_error_rate(test.texts, test_texts)
print(f"CER on {len(test)} test lines: {test_rate:.1%}, 95 % interval {low:.1%} to {high:.1%}")

# %% [markdown]
# The rate above includes a **language model**, which prefers what is usual in English; you meet it
# below.
# With real handwriting beside it, and with that model and without, the course measured this.
# {reading: sentence}
# It drew the invented lines larger than the stored ones that you read above, which are 32 rows high,
# so its rates differ a little from yours.
# Lab 5 puts other programs beside it.
#
# ## Which boxes does it have?
#
# Seen from outside, the reader is three boxes in a row.
# **Find lines** takes a page and says where its lines are, **read a line** takes the picture of
# one line and gives text, and **score** takes two texts and gives a rate.
# Opened, they are these stages:
#
# | stage | enters | leaves | where |
# | --- | --- | --- | --- |
# | find lines | page | a baseline for each line, and how far its letters reach | `pages`, Lab 6 |
# | cut | page and baseline | a level strip | `pages` |
# | prepare | strip, or picture of a line | 48 rows of ink | `preparation` |
# | network | 48 rows of ink | logits: a score for every class and frame | `networks` |
# | decoding | logits | a text | `ctc`, `alphabet`, `language` |
# | score | what is written, what was read | an error rate | `metrics` |
#
# A **baseline** is the line that letters stand on, and a **frame** is a strip of the picture four
# pixels wide; both come again below.
#
# Behind the boxes stand the modules of `shared`, the package that every lab imports.
# The map below is read from the files themselves: what each one says of itself, and which others
# its import statements name.
# Its second column says who needs a module: `lines`, which makes data to learn from, `recognizer`,
# which reads, or both; `others` are needed by neither.
# The map shows single files; `pages`, `handwriting` and other folders of modules are left out.


# %%
def imports_of(path: Path) -> set[str]:
    """Return the names that a module imports from `shared`, but for those that only types need."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    direct = {alias.name for node in found if node.module == "shared" for alias in node.names}
    return direct | {node.module.split(".")[1] for node in found if node.module[:7] == "shared."}


package = Path(figures.__file__).parent
modules = {path.stem: path for path in sorted(package.glob("[a-z]*.py"))}
imports = {name: imports_of(path) & set(modules) for name, path in modules.items()}


def needs(name: str) -> set[str]:
    """Return a module and all that it imports, directly or through others."""
    found, waiting = set(), [name]
    while waiting:
        found.add(new := waiting.pop())
        waiting += imports[new] - found
    return found


# %%
making, reading_half = needs("lines"), needs("recognizer")
assert not {"loop", "training"} & (making | reading_half)
halves = {(True, False): "makes data", (False, True): "reads", (True, True): "both"}
rows = [
    (name, halves.get((name in making, name in reading_half), "others"),
     path.read_text(encoding="utf-8").split('"""')[1].split(":")[0].split(".")[0],
     ", ".join(sorted(imports[name])) or "none of them")
    for name, path in modules.items()
]
figures.Table(rows, ("module", "half", "what it says of itself", "imports"))

# %% [markdown]
# Read the map by its halves.
# To make data, `pen` draws the shapes of `letterforms` in the hands of `writers`, and `lines`
# composes lines of them.
# To read, `preparation` finds the ink, `networks` turns it into scores, `ctc` and `language` turn
# the scores into text, and `recognizer` puts them together.
# Neither of the two needs `training` and `loop`, which teach a network.
#
# <details><summary>Checkpoint: which module would you open to see how an error rate is
# computed?</summary>
# <code>shared/metrics.py</code>. It imports none of the other modules, so you can read it alone.
# </details>
#
# ## How are lines found?
#
# First paper and shadow are taken away.
# How bright the paper is around each pixel is known from its neighborhood; what is darker than
# that is ink.
# Then a page is an array of ink: 255 where there is a full stroke, 0 on paper.
#
# Now count the ink in each row of pixels: lines are hills, with valleys between.
# The finder below looks for the hills, and is the simplest that works on a straight page.


# %%
def find_lines(page: np.ndarray, threshold: float = 2.0) -> np.ndarray:
    """Return a box (left, top, right, bottom) around each hill of the rows' ink.

    Args:
        page: (height, width) uint8, ink 255 on paper 0.
        threshold: Ink, in full pixels, that a row of a line has at least.
    """
    rows = np.flatnonzero(page.sum(axis=1) / 255 > threshold)
    hills = np.split(rows, np.flatnonzero(np.diff(rows) > 4) + 1)
    boxes = []
    for hill in hills:
        columns = np.flatnonzero(page[hill[0] : hill[-1] + 1].max(axis=0) > 40) if len(hill) else []
        if len(hill) > 6 and len(columns):
            boxes.append((max(columns[0] - 3, 0), hill[0], columns[-1] + 4, hill[-1] + 1))
    return np.array(boxes).reshape(-1, 4)


ink = prepare_page(mine.photo, scale=1.0).ink

# %% [markdown]
# The threshold decides how much ink makes a row part of a line.
# Move it and watch the boxes: at which value do they lose the tails of the letters, and is a line
# lost?


# %% tags=["demo"]
def draw_boxes(threshold: float) -> figures.Picture:
    """Draw the page with the lines found at a threshold."""
    found = find_lines(ink, threshold)
    return show_page(mine.photo, boxes=found, title=f"threshold {threshold}")


browse(draw_boxes, [2.0, 5.0, 10.0, 20.0, 40.0, 80.0], "ink that a row needs")

# %% [markdown]
# On a page that is askew, or whose lines touch, the valleys are gone.
# So the reader above uses a trained **line detector**, a network that says of each place of a page
# how likely letters stand there.
# In the right picture yellow means that letters are sure, dark blue that paper is.
# The **baselines** follow from the yellow bands.

# %%
maps = page_reader.detector.maps(mine.photo)


def draw_band(figure) -> str:
    """Draw the page beside the detector's map of it."""
    left, right = figure.subplots(1, 2)
    left.imshow(ink, cmap="gray_r", vmin=0, vmax=255)
    right.imshow(maps.maps[..., 0], vmin=0, vmax=1)
    for axes in (left, right):
        axes.set_axis_off()
    return f"A page, and its map with a bright band for each of {len(maps.lines())} lines."


figures.draw(draw_band, 5)

# %% [markdown]
# Along its baseline each line is then cut out and made level, and scaled until its small letters
# have one size, so that letters of any camera look alike to the network that reads.
#
# Do the two finders lead to the same text?
# In the next table *profile* is the simple finder, because the ink counted by rows is a profile of
# the page.

# %%
boxes = find_lines(ink)
cuts = [ink[top:bottom, left:right] for left, top, right, bottom in boxes]
finders = {"profile": "\n".join(reader.read_many(cuts)), "line detector": reading.text}
rows = [(name, text.count("\n") + 1, page_rate(text)) for name, text in finders.items()]
figures.Table(rows, ("finder", "lines", "CER of the page"))

# %% [markdown]
# Both rows use the same reading network.
# How a line is cut and scaled decides what reaches that network, so a finder is measured together
# with its reader.
# On a straight page both find the lines; Lab 6 shows pages where only the detector does.

# %% [markdown]
# ## What does the network say?
#
# The network walks along the line and speaks once for every **frame**, a strip four pixels wide.
# At each frame it gives one score, a **logit**, to every class: 95 characters, and the **blank**,
# which says "nothing new here".
#
# ### Exercise 1.2 · Guess the shape
# 2 min · stretch
#
# A line is 300 pixels wide.
# Return how many frames and how many classes its logits have, as `(frames, classes)`.


# %% answer="guess_shapes"
def guess_shapes() -> tuple[int, int]:
    """Return the frames and the classes of the logits of a line 300 pixels wide."""
    ### BEGIN SOLUTION
    return 300 // 4, 95 + 1
    ### END SOLUTION


# %% check="guess_shapes" points=1
predict("lab01.guess_shapes")

# %% [markdown]
# <details><summary>Hint 1: how wide is a frame?</summary>
# Four pixels, and the frames stand side by side.
# </details>
# <details><summary>Hint 2: is the blank a class?</summary>
# It is one, and it has a score like the others.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** 300 / 4 = 75 frames, each with 96 logits.
# The height of 48 pixels is gone: the network folds it into what it knows about a frame.

# %% tags=["nbval-check-output"]
blank_line = np.zeros((48, 300), np.uint8)
print(compare_guess("lab01.guess_shapes", reader.logits(blank_line).shape))

# %% [markdown]
# Here are the logits of a real line, turned into probabilities by **softmax**: raise e to each score
# of a frame, then divide by the frame's sum.
# What comes out is positive and adds up to 1 in each frame.
# Bright cells of the still picture, and high bars of the live one, are what the network believes;
# the hatched row is the blank.
# The rows are the classes that are read and the likeliest of the others; the last row is the sum of
# the rest.
# Lab 3 explains what else stands there, such as target, loss and puzzles.

# %%
line, written = lines[0], mine.texts[0]
logits = reader.logits(line)
explore(logits, ASCII, image=line, view="emissions")

# %% [markdown]
# Letters are short flashes of a frame or two, often with a blank between them.
#
# Now look at single frames: move the slider and watch which characters compete.
# It starts at the frame where the network is least sure, and a mark in the line says where that is.


# %% tags=["demo"]
def draw_frame(frame: int) -> figures.Picture:
    """Draw the five likeliest classes of a frame."""
    chances = np.exp(ctc.log_softmax(logits)[frame])
    best = np.argsort(-chances)[:5]
    words = {" ": "space", "'": "apostrophe", "`": "backtick", '"': "quote", ".": "period"}
    names = [words.get(ASCII.decode([k]), ASCII.decode([k])) if k else "blank" for k in best]
    bars = dict(zip(names, chances[best], strict=True))

    def paint(figure) -> str:
        above, below = figure.subplots(2, 1, height_ratios=[1, 2])
        above.imshow(line, cmap="gray_r", aspect="auto", extent=(0, line.shape[1] / 4, 1, 0))
        above.axvspan(frame, frame + 1, color="#D55E00", alpha=0.5)
        above.set(yticks=[], xlim=(0, len(logits)), title=f"frame {frame} of {len(logits)}")
        below.barh(list(bars), list(bars.values()), color="#0072B2")
        below.set(xlim=(0, 1), xlabel="probability")
        below.invert_yaxis()
        said = ", ".join(f"{name} {chance:.2f}" for name, chance in bars.items())
        return f"The line, frame {frame} of {len(logits)} marked; its likeliest classes: {said}."

    return figures.draw(paint, 3)


contested = int(np.argmin(ctc.log_softmax(logits).max(axis=1)))
browse(draw_frame, range(len(logits)), "frame", start=contested)

# %% [markdown]
# ## How does it become text?
#
# Take the likeliest class of every frame: that is a **path**.
# Merge what repeats, then drop the blanks, and the path becomes text.
# Lab 3 takes this step apart.

# %%
path, labels, _ = ctc.greedy(ctc.log_softmax(logits))
print("path:", "".join("·" if k == 0 else ASCII.characters[k - 1] for k in path))
print("text:", ASCII.decode(labels))
print("with a language model:", reader.decoder(logits))
plain = [reader.decode(one) for one in reader.logits_many(test.images)]
plain_rate = character_error_rate(test.texts, plain)
assert len(test) < 100 or test_rate < 0.9 * plain_rate
print(f"CER on the test lines: {plain_rate:.1%}, with the language model {test_rate:.1%}")

# %% [markdown]
# The dots in the path are blanks.
# The last two lines say what the reader answers unless told otherwise: a **language model**, which
# has counted the characters of English books, chooses among many paths (Lab 5).
# It removes more than a tenth of the test's errors, and it may replace what you wrote by what is
# usual.
# For another language, switch it off: `reader.decoder = reader.decode`.
#
# The network itself knows no characters.
# It knows classes, numbered from 0, and the **alphabet** says which character each of them is.
#
# ### Exercise 1.3 · Encode a text
# 8 min · core
#
# Return one label for each character: 1 for the first of `characters`, and so on; 0 is the
# blank's.
# `encode("cab", "abc")` gives `[3, 1, 2]`.
# For a character that is missing, raise a `ValueError` that names it.


# %% answer="encode"
def encode(text: str, characters: str) -> list[int]:
    """Return the labels of a text.

    Args:
        text: What is written.
        characters: The alphabet, in the order of its labels 1, 2, 3 and so on.

    Returns:
        One label per character, at least 1.

    Raises:
        ValueError: A character is not in the alphabet; the message holds it.

    Example:
        >>> encode("cab", "abc")
        [3, 1, 2]
    """
    ### BEGIN SOLUTION
    unknown = [character for character in text if character not in characters]
    if unknown:
        raise ValueError(f"not in the alphabet: {unknown}")
    return [characters.index(character) + 1 for character in text]
    ### END SOLUTION


# %% check="encode" points=4
check("lab01.encode")

# %% [markdown]
# <details><summary>Hint 1: which number has the first character?</summary>
# 1, because class 0 is the blank. <code>characters.index</code> counts from 0.
# </details>
# <details><summary>Hint 2: what does str.find do with a missing character?</summary>
# It returns -1, and -1 + 1 is the blank: a wrong label without an error. Test with
# <code>in</code> first.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** An unknown character has to be an error: dropped, it would teach the network to
# skip ink.
# The course's own alphabet also names the position, and looks labels up in a dictionary, which is
# quicker.

# %%
encode("tea", ASCII.characters), ASCII.encode("tea")

# %% [markdown]
# ### Exercise 1.4 · Decode labels
# 8 min · stretch
#
# Now the way back, from labels to text.
# A batch holds the labels of many lines in one array, so short ones are filled up with zeros,
# which is called **padding**.
# Drop the zeros at the end before you decode.
# A zero before a character, and a label that no character has, raise a `ValueError`.
# `decode([3, 1, 2, 0], "abc")` gives `"cab"`.


# %% answer="decode"
def decode(labels: list[int], characters: str) -> str:
    """Return the text of labels.

    Args:
        labels: Numbers from 1; zeros at the end are padding.
        characters: The alphabet, in the order of its labels.

    Raises:
        ValueError: A label is no character's, or a zero stands before a character.

    Example:
        >>> decode([3, 1, 2, 0], "abc")
        'cab'
    """
    ### BEGIN SOLUTION
    text = list(labels)
    while text and text[-1] == 0:
        text.pop()
    if any(not 1 <= label <= len(characters) for label in text):
        raise ValueError(f"labels run from 1 to {len(characters)}: {labels}")
    return "".join(characters[label - 1] for label in text)
    ### END SOLUTION


# %% check="decode" points=6
check("lab01.decode")

# %% [markdown]
# <details><summary>Hint 1: what is characters[-1]?</summary>
# The last character: a label 0 or below would read from the end of the alphabet without an error.
# </details>
# <details><summary>Hint 2: in which order?</summary>
# Take the padding off first, then refuse every label outside 1 to
# <code>len(characters)</code>, then look up.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** A zero inside a label means that somebody forgot to collapse a path.
# Dropping it in silence would hide that.

# %% [markdown]
# ## How is it scored?
#
# Comparing two texts place by place fails at the first missing letter: everything behind it is
# shifted, and counts as wrong.
# The **edit distance** is fair: the fewest insertions, deletions and substitutions that turn one
# text into the other.
#
# A table finds it.
# Its cell (i, j) holds the distance of the first i characters to the first j, and follows from
# three neighbors: the cells above, to the left, and diagonally above.
#
# ### Exercise 1.5 · Count the edits
# 20 min · core
#
# Return the edit distance of two texts.
# `edit_distance("handwriting", "andwritting")` gives `2`: one letter is missing, one too many.
# Texts of 300 characters must take less than ten seconds.


# %% answer="edit_distance"
def edit_distance(reference: str, hypothesis: str) -> int:
    """Return the fewest edits that turn one text into the other.

    Args:
        reference: What is written, n characters.
        hypothesis: What was read, m characters.

    Returns:
        A whole number from 0 to max(n, m).

    Source: Wagner and Fischer, "The string-to-string correction problem", 1974, section 3.
    """
    ### BEGIN SOLUTION
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, start=1):
        diagonal, row[0] = row[0], i
        for j, found in enumerate(hypothesis, start=1):
            change = diagonal + (expected != found)
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, change)
    return row[-1]
    ### END SOLUTION


# %% check="edit_distance" points=6
check("lab01.edit_distance")

# %% [markdown]
# <details><summary>Hint 1: what does the cell (i, j) of a table hold?</summary>
# The distance of the first i characters to the first j. Its first row is 0, 1, 2 and so on, and
# so is its first column.
# </details>
# <details><summary>Hint 2: how do you fill a cell?</summary>
# The cheapest of three: the cell above plus 1, the cell to the left plus 1, and the cell
# diagonally above, plus 1 if the two characters differ.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** The table has n times m cells, and a row needs only the row above, so one row
# is kept.
# Recursion without a table asks the same question again and again, and twenty characters take
# longer than your patience.

# %% tags=["nbval-check-output"]
edit_distance("handwriting", "andwritting"), edit_distance("Tea for two", "Tea tor twO")

# %% [markdown]
# One line has a distance; a reader has a rate.
# Say before you go on: two lines, one of 2 characters with 1 edit, one of 40 without any.
# Is the reader's rate 25 percent, or about 2?
#
# ### Exercise 1.6 · The rate of many lines
# 5 min · core
#
# Return all edits together divided by all reference characters together.
# `corpus_error_rate([1, 0], [2, 40])` gives `0.0238...`.
# Without a reference character there is no rate: raise a `ValueError`.


# %% answer="corpus_error_rate"
def corpus_error_rate(edits: list[int], lengths: list[int]) -> float:
    """Return the character error rate of a set of lines.

    Args:
        edits: The edit distance of each line.
        lengths: The number of reference characters of each line.

    Returns:
        A rate; 0 is perfect, and it may exceed 1.

    Raises:
        ValueError: There is no reference character.
    """
    ### BEGIN SOLUTION
    if sum(lengths) == 0:
        raise ValueError("a rate needs at least one reference character")
    return sum(edits) / sum(lengths)
    ### END SOLUTION


# %% check="corpus_error_rate" points=4
check("lab01.corpus_error_rate")

# %% [markdown]
# <details><summary>Hint 1: how many divisions?</summary>
# One. Dividing each line and averaging afterwards is another number.
# </details>
# <details><summary>Hint 2: may a rate be above 1?</summary>
# Yes: a reader that invents letters can need more edits than there are characters. Do not cut it.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** Every character counts the same, whichever line it stands in.
# A mean of rates would let a one-letter line weigh as much as a long one.

# %% [markdown]
# Four colleagues compute the rate of the same lines.
# `written` and `read` are lists of texts.
# `padded` and `read_padded` are the same, filled up with spaces to the length of the longest.
#
# ```python
# # A
# np.mean([edit_distance(a, b) / len(a) for a, b in zip(written, read)])
#
# # B
# sum(edit_distance(a, b) for a, b in zip(padded, read_padded)) / sum(map(len, padded))
#
# # C
# sum(edit_distance(a, b) for a, b in zip(written, read)) / sum(map(len, written))
#
# # D
# sum(edit_distance(a, b) for a, b in zip(written, read)) / sum(map(len, read))
# ```
#
# ### Exercise 1.7 · Review four rates
# 5 min · core
#
# One of the four is a character error rate that you could publish.
# Return its letter.


# %% answer="right_rate"
def right_rate() -> str:
    """Return the letter of the right character error rate: "A", "B", "C" or "D"."""
    ### BEGIN SOLUTION
    return "C"
    ### END SOLUTION


# %% check="right_rate" points=2
check("lab01.right_rate")

# %% [markdown]
# <details><summary>Hint 1: what does padding do?</summary>
# Spaces against spaces are free edits and paid characters: the rate falls when a batch holds one
# long line.
# </details>
# <details><summary>Hint 2: whose length belongs below?</summary>
# The length of what is written, which the reader cannot change.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** A averages rates, B pays with padding, D lets a reader that adds letters look
# better.
# All three have been published; none can be compared with a rate from elsewhere.

# %% [markdown]
# ## Where did it break?
#
# Four pages were read badly, each because of one stage.
# For each you get what the stages passed on.
# The sign ⏎ stands for the end of a line and counts as one character.

# %%
for name, evidence in sample("broken_pages").items():
    print(f"page {name}")
    for stage, said in evidence.items():
        print(f"  {stage:8} {said}")

# %% [markdown]
# ### Exercise 1.8 · Which stage broke?
# 8 min · core
#
# For each page return the stage whose input was right and whose output was wrong.
# The stages are `"lines"` (finding), `"network"` (the path), `"decoding"` (path to text) and
# `"score"`.


# %% answer="broken_stage"
def broken_stage() -> dict[str, str]:
    """Return the broken stage of the pages "A", "B", "C" and "D"."""
    ### BEGIN SOLUTION
    return {"A": "decoding", "B": "lines", "C": "score", "D": "network"}
    ### END SOLUTION


# %% check="broken_stage" points=4
check("lab01.broken_stage")

# %% [markdown]
# <details><summary>Hint 1: where do you begin?</summary>
# At the front. The first stage that turns something right into something wrong is the one.
# </details>
# <details><summary>Hint 2: how do you check the decoding?</summary>
# Merge the repeats of the path by hand, then drop the dots, and compare with the text.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** A drops the blanks before it merges, and a double letter is lost.
# B finds one line too few: two lines went into one box.
# C reads every character and reports a rate above zero.
# D decodes its path rightly, but the path names wrong letters.

# %% [markdown]
# ## What does it cost?
#
# A stage has a time as well as an error.
# The next cell measures each stage on the page of this lab, on this machine.


# %%
def milliseconds(action) -> float:
    """Return the median time of five runs."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        action()
        times.append(1000 * (time.perf_counter() - start))
    return float(np.median(times))


page_logits = reader.logits_many(cuts)
stages = {
    "find lines: profile": lambda: find_lines(ink),
    "find lines: detector": lambda: page_reader.detector.detect(mine.photo),
    "read: image to logits": lambda: reader.logits_many(cuts),
    "read: likeliest classes to text": lambda: [reader.decode(one) for one in page_logits],
    "read: language model to text": lambda: [reader.decoder(one) for one in page_logits],
    "score": lambda: character_error_rate(mine.texts, texts),
}
rows = [(stage, milliseconds(action)) for stage, action in stages.items()]
quick = sum(ms for stage, ms in rows if "profile" in stage or "likeliest" in stage)
assert quick < 0.25 * sum(ms for _, ms in rows)
figures.Table(rows, ("stage", "ms for the page"), form="{:.1f}")

# %% [markdown]
# The networks and the language model take nearly all of the time, which is where a faster reader
# has to be found.
#
# ### Exercise 1.9 · Choose a reader
# 5 min · core
#
# A page of 40 lines and 1,000 characters must be read within 2 seconds.
# Three readers, made up for this question: small (18.0 % CER, 12 ms a line), medium (9.5 %,
# 38 ms), large (4.0 %, 95 ms).
# Return the name of the best one that is quick enough, and the edits to expect on the page.


# %% answer="choose_reader"
def choose_reader() -> tuple[str, int]:
    """Return the reader's name and the number of edits to expect in 1,000 characters."""
    ### BEGIN SOLUTION
    return "medium", round(0.095 * 1000)
    ### END SOLUTION


# %% check="choose_reader" points=2
check("lab01.choose_reader")

# %% [markdown]
# <details><summary>Hint 1: how long may a line take?</summary>
# 2 seconds for 40 lines are 50 ms for one.
# </details>
# <details><summary>Hint 2: what does a rate of 10 percent cost?</summary>
# A hundred edits in a thousand characters. Somebody has to make them.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** The time is a limit, the error a cost: first drop what is too slow, then take
# the lowest error.
# Ninety-five edits on a page say more to the person who has to make them than 9.5 percent.

# %% [markdown]
# ## Can a test catch it?
#
# The rates that you refused above look right and run without an error.
# Only a test with a number worked out by hand tells them from the right one.
#
# ### Exercise 1.10 · Test any error rate
# 12 min · core
#
# Write a test.
# It gets a function `error_rate(references, hypotheses)` and raises an `AssertionError` if its
# results are wrong.
# It must accept right functions, however they are written, and refuse five wrong ones.
# Lab 8 collects your test.


# %% answer="check_error_rate"
def check_error_rate(error_rate) -> None:
    """Assert what a character error rate promises.

    Args:
        error_rate: Takes two lists of texts, references and hypotheses; returns a float.

    Raises:
        AssertionError: The function gives a wrong rate.
    """
    ### BEGIN SOLUTION
    # 1 edit in 42 characters; a mean of rates or padding gives another number
    assert abs(error_rate(["ab", "c" * 40], ["ax", "c" * 40]) - 1 / 42) < 1e-9
    # Two letters too many, over four that are written
    assert abs(error_rate(["abcd"], ["abcdxx"]) - 2 / 4) < 1e-9
    # One letter missing in front
    assert abs(error_rate(["abcd"], ["bcd"]) - 1 / 4) < 1e-9
    ### END SOLUTION


# %% check="check_error_rate" points=7
check("lab01.check_error_rate")

# %% [markdown]
# <details><summary>Hint 1: why is one example not enough?</summary>
# Each wrong rate agrees with the right one somewhere: on lines of equal length, on lines without
# extra letters, on lines without a gap.
# </details>
# <details><summary>Hint 2: how do you compare floats?</summary>
# With a tolerance: <code>abs(rate - 1 / 42) &lt; 1e-9</code>.
# </details>

# %% [markdown] tags=["solution"]
# **Why this way.** Each assertion is there for a fault: uneven lines for the mean and the padding,
# added letters for cutting and for the wrong divisor, a gap for comparing place by place.
# One call with all three would do as well, and would tell less when it fails.

# %% [markdown]
# Use it on the real code.
# The next cell takes the source of the course's own function, changes one word in it, and runs
# your test on both.

# %%
source = inspect.getsource(metrics)
changed = source.replace("for reference in references)", "for reference in hypotheses)", 1)
for name, code in (("as it is", source), ("one word changed", changed)):
    module = {"__name__": "copy_of_metrics"}
    exec(compile(code, "copy_of_metrics.py", "exec"), module)
    try:
        check_error_rate(module["character_error_rate"])
        print(f"{name}: accepted")
    except AssertionError:
        print(f"{name}: refused")

# %% [markdown]
# The changed copy divides by what was read, and the test says so.
# If your test passed its check, it was yours that ran here; otherwise it was the course's.
#
# Projects run their tests with a tool that finds them by their names: **pytest** runs every function
# that begins with `test_` in files that begin with `test_`.
# The next cell writes such a file and runs it, as you would in a terminal.
# It holds two tests, and one of them is wrong on purpose.

# %%
folder = my_directory() / "runs" / "lab01"
folder.mkdir(parents=True, exist_ok=True)
(folder / "pytest.ini").write_text("[pytest]\n")  # Says that the tests of this folder stand alone
(folder / "test_metrics.py").write_text("""from shared.metrics import character_error_rate


def test_one_letter_missing():
    assert character_error_rate(["abcd"], ["bcd"]) == 1 / 4


def test_that_expects_too_much():
    assert character_error_rate(["abcd"], ["abcdxx"]) <= 0.25
""")
pytest = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--color=no"]
# Where it runs, and where it finds the package `shared`
where = {"cwd": folder, "env": {**os.environ, "PYTHONPATH": str(package.parent)}}
run = subprocess.run([*pytest, "test_metrics.py"], capture_output=True, text=True, **where)
print(run.stdout)
assert run.returncode == 1 and "1 failed, 1 passed" in run.stdout

# %% [markdown]
# A dot stands for a test that passed, an F for one that failed.
# For a failure pytest shows the line, what it computed there, and what that was compared with.
# The code is right here and the test is not: two letters too many, over four that are written, are
# 0.5.
#
# A change to this repository goes the same way: change the code, run its tests, and keep the change
# only if they agree.
#
# **Common mistakes**
# - *The rate is above 100 percent.* The reader adds letters; look whether its blanks are lost.
# - *The rate falls with a larger batch.* Padding is being scored.
# - *The simple finder gives one line for your page.* The photograph is askew or has a dark edge; the
#   detector should not mind.
#
# ## What have you done?

# %% tags=["grade"]
report(1)

# %% [markdown]
# ## Recap
#
# - You followed a page through [finding lines](#How-are-lines-found?), the probabilities of each
#   frame and decoding to [its score](#How-is-it-scored?), with a picture of each.
# - You read the map of modules, drawn from their imports.
# - You encoded text, and counted edits over a whole set, so that no line counts twice and no
#   padding counts at all.
# - You named the stage that broke, from what the stages passed on.
# - You wrote a test that five wrong rates cannot pass.
#
# ## Try next
#
# 1. Guess first: how does the rate change if you read the page's lines turned upside down?
#    `line[::-1, ::-1]` turns one.
# 2. Photograph one of your lines by daylight and by lamplight. Which stage suffers?
# 3. Turn your page by five degrees and count the lines of both finders. Lab 6 begins there.
#
# **Sources.** Wagner and Fischer, "The string-to-string correction problem", Journal of the ACM
# 21(1), 1974, pages 168 to 173.
# Graves and others, "Connectionist temporal classification", ICML 2006, pages 369 to 376.
