# %% [markdown]
# # LineTextRecognizer: reading a line with CTC
#
# You build a network that reads a whole handwritten line, train it on letters nobody had to mark,
# and measure it on hands it has never seen.

# %% [markdown]
# **You will be able to**
# - compose lines of handwriting, and split them so that a score means something;
# - say what context along the line buys, and what it cannot;
# - compute the probability of a text by hand and by recursion, at any length;
# - explain why a network trained with CTC is silent at first, and find five faults from a
#   symptom;
# - train, decode and score a line recognizer, on a frozen test and on your own hand.
#
# **Time** {time} · **Needs** Labs 1 and 2, two CPU cores · **Data** composed here, 3 MB shipped

# %% tags=["parameters"] fast={"NUM_LINES":64,"UPDATES":4,"LADDER_UPDATES":2,"MORE_UPDATES":2}
SEED = 3
NUM_LINES = 6000
BATCH_SIZE = 16
UPDATES = 1200
LADDER_UPDATES = 300
MORE_UPDATES = 200

# %% tags=["setup"]
from collections import Counter

import numpy as np

from shared import ctc, figures, networks
from shared.alphabet import ASCII, Alphabet
from shared.checks import begin, check, compare_guess, predict, report
from shared.ctc import forward, log_softmax, loss_and_grad
from shared.explorer import alignments, beam_steps, explore, label_table
from shared.handwriting import my_hand, my_handwriting, stand_in, stand_in_hand
from shared.lines import LineSet, assert_disjoint, compose_lines, frozen_lines
from shared.losses import ctc_loss, frame_classes
from shared.metrics import align, character_error_rate, edit_distance
from shared.paths import my_directory, sample
from shared.pen import hands, write_character, write_line
from shared.recognizer import CharacterRecognizer, LineTextRecognizer
from shared.training import batches, train_line_network

# One line to watch while the network learns, and how the long training runs
RNG = np.random.default_rng(SEED)
WATCHED = write_line("hello, little yellow bell", hands("validation")[0], RNG)
TRAINING = {
    "batch_size": BATCH_SIZE,
    "seed": SEED,
    "watch": [WATCHED.image],
    "watch_at": [0, 8, 16, 28, 40, 80, 140, 220, 400, 600, 900, UPDATES],
    "checkpoint": my_directory() / "runs" / "lab03.npz",
}

begin(3)

# %% [markdown]
# ## Sitting A: data and ladder
#
# ### Where does a letter begin?
#
# Lab 2 ended with a network that names a character, and with windows that cut letters in two.
# Here is a line in your hand, or in the hand that stands in for yours until you have given the
# course some.

# %%
mine = my_handwriting()
print(mine.description)
figures.show_lines(mine.lines[:1], mine.texts[:1])

# %% [markdown]
# By the end of this lab a network reads this line, and nobody will have told it where the letters
# are.
#
# ### What is a line made of?
#
# To train on lines we need thousands of them, with their texts.
# A line can be composed: characters side by side on one canvas.
# Where two of them touch, ink lies on ink: it gets darker, and never darker than black.
#
# ### Exercise 3.1 · Paste ink that saturates
# 8 min · core
#
# Add a glyph's ink onto a line at column `left`.
# Ink adds up and stops at 255.
# What falls outside the line is cut off.
# Neither input changes.
# `paste_ink(line, glyph, 0)` of a line `[[200, 0, 7]]` and a glyph `[[100, 50]]` gives
# `[[255, 50, 7]]`.


# %% answer="paste_ink"
def paste_ink(line: np.ndarray, glyph: np.ndarray, left: int) -> np.ndarray:
    """Return the line with the glyph's ink added at a column.

    Args:
        line: (height, line_width) uint8, ink 255 on paper 0.
        glyph: (height, glyph_width) uint8, as high as the line.
        left: Column of the line where the glyph begins; the glyph may stick out on
            either side, or lie outside altogether.

    Returns:
        A new (height, line_width) uint8 array; sums above 255 stay at 255.

    Example:
        >>> paste_ink(np.uint8([[200, 0, 7]]), np.uint8([[100, 50]]), 0)
        array([[255,  50,   7]], dtype=uint8)
    """
    ### BEGIN SOLUTION
    start, stop = max(left, 0), min(left + glyph.shape[1], line.shape[1])
    total = line.astype(np.int32)
    if start < stop:
        total[:, start:stop] += glyph[:, start - left : stop - left]
    return np.minimum(total, 255).astype(np.uint8)
    ### END SOLUTION


# %% check="paste_ink" points=7
check("lab03.paste_ink")

# %% [markdown]
# <details><summary>Hint 1: what is 200 + 100 in uint8?</summary>
# It is 44: eight bits wrap around, and the darkest ink turns pale.
# Add in a wider type, cut at 255, and convert back last.
# </details>
# <details><summary>Hint 2: which columns of the glyph are inside?</summary>
# The line receives columns <code>max(left, 0)</code> to <code>min(left + glyph_width,
# line_width)</code>; subtract <code>left</code> to find the same columns in the glyph.
# When the first is not smaller than the second, nothing is pasted.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** The sum is made in 32 bits, cut, and only then narrowed.
# Cutting after the uint8 sum comes too late: the wrap has happened.
# `np.maximum` would not wrap either, but two thin strokes that cross would never get darker than
# one.
# A negative `left` needs care, since Python counts negative columns from the end and pastes the
# glyph there without an error.

# %% [markdown]
# The next cell composes a word from fresh characters, one drawing for every letter, first well
# apart and then at a distance that changes.


# %%
def compose_word(word: str, lefts: list[int], rng: np.random.Generator) -> np.ndarray:
    """Return a line 28 pixels high with a freshly written glyph at each of the columns."""
    line = np.zeros((28, max(lefts) + 28), np.uint8)
    for character, left in zip(word, lefts, strict=True):
        line = paste_ink(line, write_character(character, hands("test")[0], rng), left)
    return line


rng = np.random.default_rng(SEED)
even = compose_word("handwriting", [28 * k for k in range(11)], rng)
uneven = compose_word("handwriting", np.cumsum(rng.integers(13, 27, 11)).tolist(), rng)
figures.show_lines([even, uneven], ["a glyph every 28 columns", "a glyph every 13 to 26 columns"])

# %% [markdown]
# People write as in the second row, and with one pen.
# Now look at what the course trains on: whole lines by all the training hands, each with its own
# letterforms, slant, pen and spacing.

# %%
train = compose_lines(NUM_LINES, "train", SEED)
figures.show_lines(train.images[:5], train.texts[:5])

# %% [markdown]
# Every letter is written afresh each time.
#
# ### Who may be in the test?
#
# A score is a promise about strangers, so nothing of the test may be seen in training: no hand,
# no letterform that is held out, no sentence.
# Three pools are disjoint, and the next cell asserts it.

# %%
validation = compose_lines(200, "validation", SEED)
test = frozen_lines()
assert_disjoint(train, validation, test)
print(f"{len(train)} lines to train on, {len(validation)} to choose by, {len(test)} frozen")

# %% [markdown]
# The frozen test set was drawn before any network was trained, and its file is checked by its
# hash when it is loaded.
# For at least a third of the characters, each test hand has a form that no training hand uses.
#
# Dividing is where handwriting experiments go wrong.
# Four people divided theirs; `write(text, hand)` gives a line with a fresh glyph for every
# letter.
#
# ```python
# # A: hands are divided, sentences too; "the" stands in both
# train = [write(text, hand) for hand in hands[:48] for text in train_texts]
# test = [write(text, hand) for hand in hands[48:] for text in test_texts]
#
# # B: sentences are divided: no test sentence was ever trained on
# lines = [write(text, hand) for hand in hands for text in sentences]
# train = [line for line in lines if line.text not in test_texts]
# test = [line for line in lines if line.text in test_texts]
#
# # C: as A, and every training line is there twice, once slanted
# train = [write(text, hand) for hand in hands[:48] for text in train_texts]
# train += [slant(line) for line in train]
# test = [write(text, hand) for hand in hands[48:] for text in test_texts]
#
# # D: as A, and validation lines, read after every epoch, say when to stop
# train, validation, test = hands[:40], hands[40:48], hands[48:]
# ```
#
# ### Exercise 3.2 · Find the split that leaks
# 5 min · core
#
# In one of the four recipes the training lines give something of the test lines away.
# Return its letter, `"A"`, `"B"`, `"C"` or `"D"`.


# %% answer="find_leak"
def find_leak() -> str:
    """Return the letter of the recipe whose test lines leak: "A", "B", "C" or "D"."""
    ### BEGIN SOLUTION
    return "B"
    ### END SOLUTION


# %% check="find_leak" points=2
check("lab03.find_leak")

# %% [markdown]
# <details><summary>Hint 1: what does a reader of new lines meet?</summary>
# A sentence it never saw, by a person it never saw.
# Ask of each recipe whether the test lines have both.
# </details>
# <details><summary>Hint 2: what may be shared?</summary>
# Common words are shared by all English text; a hand is not.
# Look for a hand on both sides.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** B divides sentences and forgets writers: each test line is new text in a hand
# that was trained on.
# Its score is the score on a friend's handwriting.
# Public handwriting examples split by word or by line in this way.
# Shared words (A) and doubled training lines (C) tell the model nothing about a test hand.
# Validation lines (D) may be read as often as one likes; test lines may not.

# %% [markdown]
# ### What does the network see?
#
# The line network has three parts.
#
# 1. A **stem** of four convolutions turns the image into one list of numbers per **frame**, a strip
#    of four pixel columns.
# 2. **Context** lets a frame know what stands around it.
#    A long short-term memory (**LSTM**) reads the frames one after the other and carries a memory
#    along.
#    At each frame small gates, which are learned, decide what to forget, what to add, and what
#    to pass on.
#    So frame 30 can know what stood at frame 20.
#    A second LSTM runs from right to left, and the pair is called a **BiLSTM**.
# 3. A linear layer gives each frame 96 scores, the **logits**: one for each of 95 characters, and
#    one for the **blank**, which sitting B explains.
#
# Written out, it is this.

# %%
from shared.backend import keras, tf


def build_network(num_classes: int = 96) -> keras.Model:
    """Return a network from images (batch, 32, width, 1) to logits (batch, width / 4, classes)."""
    images = keras.Input((32, None, 1))
    x = images
    for channels, strides in ((16, (2, 2)), (32, (2, 2)), (64, (2, 1)), (96, (2, 1))):
        x = keras.layers.Conv2D(channels, 3, strides=strides, padding="same", use_bias=False)(x)
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.Permute((2, 1, 3))(x)  # (batch, frames, 2, 96)
    x = keras.layers.Reshape((-1, 192))(x)
    x = keras.layers.Dense(128, activation="relu")(x)
    lstm = keras.layers.LSTM(64, return_sequences=True)
    x = keras.layers.add([x, keras.layers.Bidirectional(lstm)(x)])
    return keras.Model(images, keras.layers.Dense(num_classes)(x))


# %% [markdown]
# The height shrinks from 32 to 2, the width to a quarter, and nothing fixes the width of a line.
# The LSTM's output is *added* to what it reads, so the convolutions can learn before the LSTM
# does.
# Batch normalization shifts and scales each channel to the same mean and spread in every batch,
# which keeps the first updates effective; taking it out is an experiment under *Try next*.
#
# Now one training step, as you would write it for any Keras network.
# The tape records how the loss follows from the weights, so that it can give the gradient.
# The loss of each line is divided by its number of characters, and `clipnorm` shortens a gradient
# that is too long.

# %%
network = build_network()
optimizer = keras.optimizers.Adam(4e-3, clipnorm=1.0)


@tf.function(reduce_retracing=True)
def train_step(images, labels, label_lengths, frames):
    with tf.GradientTape() as tape:
        logits = network(images, training=True)
        losses = ctc_loss(labels, logits, label_lengths, frames)
        loss = tf.reduce_mean(losses / tf.cast(label_lengths, tf.float32))
    gradients = tape.gradient(loss, network.trainable_variables)
    optimizer.apply_gradients(zip(gradients, network.trainable_variables, strict=True))
    return loss


# %% [markdown]
# A batch holds lines of similar width, padded to the widest; the true numbers of characters and
# frames travel with it.

# %%
pixels, labels, label_lengths, frames = next(batches(train, BATCH_SIZE, SEED))
batch = (pixels / np.float32(255), labels, label_lengths, frames)
print(pixels.shape, labels.shape, frames[:4], label_lengths[:4])

# %% [markdown]
# Five steps on one batch, to see that the parts fit and the loss moves.

# %%
losses = [float(train_step(*batch)) for _ in range(5)]
print("loss per character:", ", ".join(f"{loss:.1f}" for loss in losses))

# %% [markdown]
# The real training takes minutes, so start it now and read on.
# The same step stands in `shared.loop`, with checkpoints and snapshots around it.
# Here the network is deeper, and the learning rate rises and then falls.
# It runs a fixed number of updates in a thread of its own.

# %%
keras.utils.set_random_seed(SEED)
recognizer_network = networks.line_network()
training = train_line_network(recognizer_network, train, UPDATES, **TRAINING)
print(training.describe())

# %% [markdown]
# ### Challenge: uneven spacing
#
# Give the window of Lab 2 its best case: letters on a grid of equal cells, and one stop per cell.
# The character reader is asked at every stop, and an empty window counts as a space.
# Then the spacing varies, as in the word above, and nothing else changes.
# **CER** is the character error rate: edits divided by characters.

# %%
character_reader = CharacterRecognizer.load()


def read_windows(line: np.ndarray, width: int) -> str:
    """Return what the character reader says at every stop of a window."""
    windows = np.array_split(line, range(width, line.shape[1], width), axis=1)
    inked = [window.max() > 100 for window in windows]
    letters = [window for window, ink in zip(windows, inked, strict=True) if ink]
    names = iter(character_reader.read_many([np.pad(letter, 8) for letter in letters]))
    return "".join(next(names) if ink else " " for ink in inked)


words = ["".join(rng.choice(list("abdefghnqrt"), 10)) for _ in range(20)]
steps = {"even": np.full((20, 10), 28), "uneven": rng.integers(20, 37, (20, 10))}
window_rates = {}
for name, gaps in steps.items():
    lefts = np.cumsum(gaps, axis=1) - gaps[:, :1]
    lines = [compose_word(w, row, rng) for w, row in zip(words, lefts, strict=True)]
    texts = [read_windows(line, 28) for line in lines]
    window_rates[name] = character_error_rate(words, texts)
    print(f"{name:6} CER {window_rates[name]:4.0%}   {words[0]} -> {texts[0]}")
assert window_rates["uneven"] > 2 * window_rates["even"]

# %% [markdown]
# On the grid the window reads most letters: its CER was {even CER #} in our run.
# Off the grid it falls apart, to {uneven CER #}, with the same letters and the same classifier.
# Two things are missing, and they are different things.
# The window sees too little: that asks for **context**.
# And nobody says which frame belongs to which letter: that asks for **labels by frame**, or for a
# loss that does without.
#
# ### Which of the two helps more?
#
# Try every pair.
# Three ways to label, times three kinds of context, make a ladder of nine networks.
# One of the three ways is the loss of this lab, **CTC**, connectionist temporal classification.
# It is given the text and no places: it adds up the probabilities of all ways to lay the text
# along the frames, and asks that the sum be large.
# A frame that no letter needs may say "blank".
# Sitting B takes it apart.
#
# | | what the loss is told |
# |---|---|
# | fixed grid | the width divided evenly among the characters: a guessed letter per frame |
# | known boxes | the true box of each letter: a letter per frame, or a blank between |
# | CTC | the text alone |
#
# | | what a frame sees |
# |---|---|
# | no context | 7 pixels around it |
# | BiLSTM | the whole line, through an LSTM in both directions |
# | dilated | a wide stretch, through convolutions with growing gaps |
#
# Boxes come for free here, because we composed the lines; look at what the two kinds of frame
# label say about the same line.

# %%
number = min(range(len(train)), key=lambda k: abs(train.images[k].shape[1] - 160))
line, label = train.images[number], ASCII.encode(train.texts[number])
for name, boxes in (("fixed grid", None), ("known boxes", train.boxes[number])):
    classes = frame_classes(label, networks.num_frames(line.shape[1]), boxes)
    print(f"{name:12}", "".join(("ϵ" + ASCII.characters)[symbol] for symbol in classes))
figures.show_boxes(line, train.boxes[number], train.texts[number])

# %% [markdown]
# Each sign stands for a frame, four pixel columns of the picture.
# Against the boxes the guessed letters drift away from the ink, and come back to it by luck.
#
# ### Exercise 3.3 · Which rung reads better?
# 2 min · core
#
# Two of the nine get the same BiLSTM network, the same lines, and 300 updates each.
# One learns from boxes, one from the text alone by CTC.
# Which has the lower character error rate at the end: `"boxes"`, `"ctc"`, or `"tie"` (within two
# points)?


# %% answer="guess_ladder"
def guess_ladder() -> str:
    """Return your guess: "boxes", "ctc" or "tie" (within two points of CER)."""
    ### BEGIN SOLUTION
    return "boxes"
    ### END SOLUTION


# %% check="guess_ladder" points=1
predict("lab03.guess_ladder")

# %% [markdown]
# <details><summary>Hint 1: what does each loss know?</summary>
# Boxes say where each letter is.
# CTC is free to choose one good frame for each letter.
# </details>
# <details><summary>Hint 2: what does a frame have to say?</summary>
# Ask what each loss demands of a frame that shows half of two letters.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** Any guess earns the point; what counts is having one.
# Boxes say where each letter is, which sounds like an advantage.
# They also demand an answer in every frame, and one wrong frame between two letters inserts a
# third.
# CTC asks for one good frame per letter, and chooses which.

# %% [markdown]
# Two of the nine run now, with the same number of updates as the shipped ones.
# Your long training goes on meanwhile, so both take longer than alone.

# %% waiting=1.5
live = [("boxes", "lstm"), ("ctc", "lstm")]
here, readers = {}, {}
for targets, context in live:
    keras.utils.set_random_seed(SEED)  # The same first weights as in the shipped run
    network = networks.line_network(context=context, narrow=True)
    train_line_network(network, train, LADDER_UPDATES, targets=targets, seed=SEED).wait()
    readers[targets] = LineTextRecognizer(network)
    here[targets, context] = readers[targets].error_rate(validation)
print(f"boxes {here['boxes', 'lstm']:.1%}, CTC {here['ctc', 'lstm']:.1%}")
gap = here["ctc", "lstm"] - here["boxes", "lstm"]
better = "tie" if abs(gap) <= 0.02 else "ctc" if gap < 0 else "boxes"
print(compare_guess("lab03.guess_ladder", better))

# %% [markdown]
# The kinds of edits say how each of them fails.

# %%
inserted = {}
for targets, reader in readers.items():
    pairs = zip(validation.texts, reader.read_many(validation.images), strict=True)
    kinds = Counter(operation for pair in pairs for operation, _, _ in align(*pair))
    inserted[targets] = kinds["insert"]
    print(targets, {kind: kinds[kind] for kind in ("substitute", "insert", "delete")})
assert LADDER_UPDATES < 300 or inserted["boxes"] > inserted["ctc"]

# %% [markdown]
# The other seven were trained the same way, one seed each.
# `data/samples/ladder.json` keeps the command, seed, updates and error rate of every run.

# %% tags=["number"]
shipped = sample("ladder")
rate = {(cell["targets"], cell["context"]): cell["cer"] for cell in shipped["cells"]}
contexts = {"none": "no context", "lstm": "BiLSTM", "dilated": "dilated"}
rows = [
    (name, *(f"{(rate | here)[row, c]:.1%}{' *' * ((row, c) in here)}" for c in contexts))
    for row, name in {"grid": "fixed grid", "boxes": "known boxes", "ctc": "CTC"}.items()
]
print(f"* ran here; the rest: {shipped['updates']} updates, one seed")
figures.Table(rows, ("what the loss is told", *contexts.values()))

# %% [markdown]
# The next cell asserts two regularities of the shipped run: no context is the worst of each row, and
# in each column CTC beats the boxes, which beat the grid.

# %%
for targets in ("grid", "boxes", "ctc"):
    assert rate[targets, "none"] == max(rate[targets, c] for c in ("none", "lstm", "dilated"))
for context in ("none", "lstm", "dilated"):
    assert rate["grid", context] > rate["boxes", context] > rate["ctc", context]

# %% [markdown]
# Read by rows: without context each row is at its worst, and a rate above 100 % means more edits
# than there are letters.
# Context helps in every row.
#
# Read by columns: true boxes beat a guessed grid, and CTC, which was given neither, beats both.
# That may surprise, since boxes say more.
# But a loss per frame demands the right answer in *every* frame, also in one that shows half of
# two letters, and one wrong frame between two letters inserts a third: count the insertions
# above.
# CTC demands one good frame per letter, and chooses which.
# So both help, and each helps where the other is there already.
#
# The table has limits: one seed, few updates, letters one to three frames wide.
# With wider letters and longer training the order of boxes and CTC can change.
# What cannot change is that **CTC buys freedom from boxes**, and a photograph has none.

# %% [markdown]
# <details><summary>Checkpoint: why not always use boxes?</summary>
# Because somebody has to draw them. A composed line knows where its letters are; a photograph of
# a letter to your grandmother does not.
# </details>
#
# The training goes on.
# Sitting B opens the loss that needs no boxes.

# %% [markdown]
# ## Sitting B: CTC by hand
#
# This sitting needs no network and no images: a label, a few time steps, and arithmetic you can
# check.
# Your training goes on behind it.
# If you come back after a break, run the cells down to `begin(3)`, then this one: the training
# goes on from its last checkpoint.

# %%
if "train" not in globals():
    train = compose_lines(NUM_LINES, "train", SEED)
if "training" not in globals():
    recognizer_network = networks.line_network()
    training = train_line_network(recognizer_network, train, UPDATES, **TRAINING)
print(training.describe())

# %% [markdown]
# ### How does a path become text?
#
# The network speaks once per **time step**, or frame: it names one character, or the **blank**
# `ϵ`, which says "nothing new here".
# Twelve steps over the word *hello* could read `h h e ϵ ϵ l l ϵ l ϵ o o`.
# Such a sequence is a **path**, and two rules turn it into text:
#
# 1. merge characters that repeat without a blank between them;
# 2. drop the blanks.
#
# The next cell applies them to that path, one verdict per step.

# %%
word = Alphabet("ehlo")
path = [2, 2, 1, 0, 0, 3, 3, 0, 3, 0, 4, 4]
symbols = "ϵ" + word.characters
[f"{symbols[step]} {action}" for step, action in zip(path, ctc.collapse_trace(path), strict=True)]

# %% [markdown]
# Five steps emit, three are merged into the step before, four are blank.
# Say what `h ϵ e l l o` becomes before you read on.
# It becomes *helo*: without a blank between them, two l's are one long l.
#
# ### Exercise 3.4 · Collapse a path
# 8 min · core
#
# Write `collapse(path, blank)`: merge neighbors that are equal, then drop the blanks.
# `collapse([8, 8, 0, 5], blank=0)` gives `[8, 5]`.


# %% answer="collapse"
def collapse(path: list[int], blank: int = 0) -> list[int]:
    """Return the label that a CTC path stands for.

    Args:
        path: One class number per time step, length num_frames.
        blank: The class number of the blank.

    Returns:
        The label: at most num_frames class numbers, none of them the blank.

    Example:
        >>> collapse([8, 8, 0, 5])
        [8, 5]

    Source: Graves et al. (2006), section 3.1.
    """
    ### BEGIN SOLUTION
    label, previous = [], blank
    for symbol in path:
        if symbol not in (blank, previous):
            label.append(symbol)
        previous = symbol
    return label
    ### END SOLUTION


# %% check="collapse" points=7
check("lab03.collapse")

# %% [markdown]
# <details><summary>Hint 1: which rule comes first?</summary>
# Try both orders on <code>l ϵ l</code>.
# One of them loses a letter.
# </details>
# <details><summary>Hint 2: what is a repeat compared with?</summary>
# With the step before it in the path, blank or not; never with the last letter you kept.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** `previous` follows the path, blanks included, so a blank between two equal
# letters makes the second one new.
# Remembering the last *kept* letter instead reads *hello* as *helo*.
# `itertools.groupby` does the same in one line.
# Collapsing is not idempotent: `a ϵ a` gives `a a`, and collapsing that again gives `a`.

# %% [markdown]
# Give the network an opinion at every step, and the path it likes best has the most probable cell of
# each column.
# The next cell builds such opinions by hand: a score of 2.5 for the path above, and noise.
# In the picture, hatched cells are blanks, and the ribbon below shows the merge and then the
# drop.

# %% tags=["demo"]
rng = np.random.default_rng(SEED)
opinion = 2.5 * np.eye(word.num_classes)[path] + rng.normal(0, 0.4, (12, word.num_classes))
opinion[7, 3] += 1.5  # Frame 7 parts the two l's, and could nearly be an l itself
explore(opinion, word, target="hello", view="collapse", own=[collapse])

# %% [markdown]
# Frame 7, between the two l's, has a blank and some doubt: an l comes second there.
# Drag the hatched bar of frame 7 down, or choose it with the arrow keys and give it the logit 0: the
# l wins, and the text loses a letter.
# Below the explorer are six puzzles; the first one is of this kind.
#
# ### How many frames does it take?
#
# A word of five letters needs at least five frames.
# *hello* needs more, and its length alone does not say how many.
#
# ### Exercise 3.5 · Count the frames a label needs
# 5 min · core
#
# How many frames does a label need at least?
# `min_frames([8, 5, 12, 12, 15])` (hello) gives 6.


# %% answer="min_frames"
def min_frames(label: list[int]) -> int:
    """Return the smallest number of frames of a path that collapses to the label.

    Args:
        label: Class numbers without the blank, possibly none.

    Example:
        >>> min_frames([8, 5, 12, 12, 15])
        6
    """
    ### BEGIN SOLUTION
    repeats = sum(label[i] == label[i - 1] for i in range(1, len(label)))
    return len(label) + repeats
    ### END SOLUTION


# %% check="min_frames" points=6
check("lab03.min_frames")

# %% [markdown]
# <details><summary>Hint 1: what is the shortest path of <em>aa</em>?</summary>
# <code>a ϵ a</code>: three frames.
# Find the shortest one of <em>aaa</em>.
# </details>
# <details><summary>Hint 2: which pairs cost a blank?</summary>
# Neighbors that are equal, each pair once.
# <em>abab</em> costs nothing.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** One frame for each letter, one for the blank inside each equal pair: U + r.
# "No more letters than frames" is the rule often quoted; it is necessary and not enough.
# A well-known explanation even prints a different bound in a footnote.
# A label below its minimum has probability zero, and its loss is infinite.

# %% [markdown]
# The rule decides what a network may be trained on.
# This one gives a frame per four pixels, so a narrow image can have too few frames for its text,
# and then no path at all spells it.
# The next cell asks for the word with the least room to spare among the lines you composed.

# %%
room = [
    networks.num_frames(image.shape[1]) / max(1, min_frames(ASCII.encode(text)))
    for image, text in zip(train.images, train.texts, strict=True)
]
tightest = int(np.argmin(room))
assert room[tightest] >= 1
print(f"{train.texts[tightest]!r}: {room[tightest]:.2f} frames for each that it needs")

# %% [markdown]
# Every training line has room.
# A label without room has probability zero and an infinite loss, so `shared.losses` refuses it
# with a sentence instead of letting it poison the mean.
#
# ### How many paths say hello?
#
# Many paths spell the same text, and nobody has told the network which to take.
# For two letters in four frames the list is short enough to print.

# %%
uniform = np.full((4, 3), -np.log(3.0))
["".join("ϵab"[step] for step in path) for path, _ in alignments(uniform, [1, 2])]

# %% [markdown]
# Each of them is an **alignment** of *ab*: a path that collapses to it.
# There are fifteen already, of 81 paths in all, and their number grows fast with the frames.
#
# ### Sum, do not choose
#
# The LSTM sees the ink of the whole line, but no frame is told which symbol another frame chose.
# So the probability of a path is a product: what the first frame gives its symbol, times what the
# second gives its own, and so on.
# A *text* is right by any of its alignments, so its probability is their sum.
# In symbols, with $\mathcal{B}$ for collapsing:
#
# $$p(\text{text} \mid \text{image}) = \sum_{\pi :\, \mathcal{B}(\pi) = \text{text}} \ \prod_{t=1}^{T} p_t(\pi_t)$$
#
# Read it aloud: over all paths that collapse to the text, add up the product of what the network
# says at each step.
# The smallest example that bites has two frames, and in both the blank has 0.6 and the letter a
# has 0.4.

# %%
two_frames = np.log([[0.6, 0.4], [0.6, 0.4]])
table, covered = label_table(two_frames)
{"".join(" a"[s] for s in label) or "(empty)": round(float(np.exp(p)), 2) for label, p in table}

# %% [markdown]
# The best *path* is blank, blank with 0.36, and it spells nothing.
# The best *text* is a, with 0.64: three paths, `aa`, `aϵ` and `ϵa`, add up.
# **Greedy decoding** takes the best symbol of each frame and collapses, so here it returns the
# empty text, which is not the most probable one.
#
# ### Exercise 3.6 · Make greedy decoding fail
# 8 min · core
#
# Now a network that is surer of its first frame: there the blank has at least 0.7.
# Build a 2 x 2 matrix of probabilities (two frames; column 0 the blank, column 1 the letter *a*)
# with such a first row.
# Greedy decoding of it must give a text that is not the most probable one.


# %% answer="greedy_fails"
def greedy_fails() -> np.ndarray:
    """Return (2, 2) probabilities, one row per frame, where greedy decoding is wrong.

    Column 0 is the blank, column 1 the letter a. Each row sums to 1, and the blank has at
    least 0.7 in the first. The text of the best path must have a smaller probability than
    another text.
    """
    ### BEGIN SOLUTION
    return np.array([[0.8, 0.2], [0.6, 0.4]])
    ### END SOLUTION


# %% check="greedy_fails" points=3
check("lab03.greedy_fails")

# %% [markdown]
# <details><summary>Hint 1: which texts are there?</summary>
# Only the empty one and <em>a</em>.
# Write down the four paths and what each collapses to.
# </details>
# <details><summary>Hint 2: how sure may the second frame be?</summary>
# Three paths read <em>a</em>, one is empty, and all four sum to 1.
# So the empty path may have less than one half, and still has to be the single best.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** The best path is two blanks, .48; the other three paths all read *a* and sum
# to .52.
# With 0.8 in the first frame, the second may give the blank from 0.5 to 0.625.
# Greedy decoding compares paths, the question is about texts.
# The reverse cannot be built: where *a* wins both frames, it is the best text as well.
# (A famous page claims an example of that reverse kind; it cannot occur.)

# %% [markdown]
# <details><summary>Checkpoint: can greedy decoding fail when one letter wins every
# frame?</summary>
# Not against another letter. If b wins every frame, take any path that reads a and write b where
# it has a: it gets no less probable, and now it reads b.
# Greedy fails where a <em>blank</em> wins frames, and the paths of a letter add up behind it.
# </details>
#
# ### Sum without listing
#
# The way out is **dynamic programming**: paths that have reached the same place have the same ways
# to go on, so their probabilities can be added there and carried along as one number.
# A place is a frame and a **state**: a position in the **extended label**, which has a blank
# before, between and after the letters.
# From a state a path may stay, step to the next, or skip a blank.
# The skip is the part that most code gets wrong first.
#
# ### Exercise 3.7 · Put the blanks in
# 12 min · core
#
# Put a blank before, between and after the symbols.
# Between different letters a path may leave the blank out; between equal ones it may not, or the two
# would be merged.
# So mark the states that may be entered from two states back: a symbol that differs from the symbol
# before it.
# `extend_label([1, 1, 2])` gives states `[0, 1, 0, 1, 0, 2, 0]`, and only state 5 (the 2) may
# be skipped into.


# %% answer="extend_label"
def extend_label(label: list[int], blank: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return the states of the CTC lattice and where a path may skip a blank.

    Args:
        label: U class numbers without the blank, possibly none.
        blank: The class number of the blank.

    Returns:
        `states` (2 U + 1,): blank, first symbol, blank, ..., last symbol, blank.
        `can_skip` (2 U + 1,), bool: whether state s may follow state s - 2 directly.

    Example:
        >>> states, can_skip = extend_label([1, 1, 2])
        >>> states.tolist(), np.flatnonzero(can_skip).tolist()
        ([0, 1, 0, 1, 0, 2, 0], [5])

    Source: Graves et al. (2006), section 4.1.
    """
    ### BEGIN SOLUTION
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    can_skip = np.zeros(len(states), dtype=bool)
    can_skip[3::2] = states[3::2] != states[1:-2:2]
    return states, can_skip
    ### END SOLUTION


# %% check="extend_label" points=6
check("lab03.extend_label")

# %% [markdown]
# <details><summary>Hint 1: where do the symbols sit?</summary>
# At the odd states: <code>states[1::2]</code>.
# </details>
# <details><summary>Hint 2: when must a path stop at the blank?</summary>
# When the letters on both sides are equal.
# Blanks are never skipped into, and the first symbol has no symbol before it.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** Slices place all symbols at once and compare each with the one before, and no
# index can go below zero.
# In a loop, `label[i - 1]` at `i = 0` reads the last symbol and raises no error.

# %% [markdown]
# Draw the states as rows and the frames as columns, and you have the **lattice**.
# A path runs from one of the first two states to one of the last two.
# Here it is for *ab* in four frames, where every symbol has 1/3; the area of a node is the
# probability of all paths that pass through it.

# %% tags=["demo"]
explore(np.zeros((4, 3)), "ab", target="ab", view="lattice")

# %% [markdown]
# Follow some of the fifteen alignments from left to right.
#
# Alpha, the **forward variable** of a state at a frame, adds up the probabilities of all beginnings
# of paths that end in this state at this frame.
# It follows from the frame before: what this frame gives the state's symbol, times the sum of the
# alphas one may come from, by staying, stepping and skipping.
# In the next table rows are frames, and columns the five states.

# %% tags=["nbval-check-output"]
alpha, log_p = ctc.forward(uniform, [1, 2])
np.round(np.exp(alpha) * 3.0 ** np.arange(1, 5)[:, None]).astype(int)

# %% [markdown]
# Multiplied by $3^t$ the probabilities become counts of paths.
# In the last row the last two states hold 10 and 5: the fifteen alignments, and nobody listed
# them.
# Check one number by hand: the 4 in row three is 1 + 1 + 2, by staying, stepping, and skipping.
#
# ### Exercise 3.8 · Count the paths of a label
# 15 min · stretch
#
# Count the paths of `num_frames` steps, over the label's symbols and the blank, that collapse to
# the label.
# `count_paths(4, [1, 2])` gives 15, as the table does.
# Listing them works for small cases; the check also asks for 100 frames.


# %% answer="count_paths"
def count_paths(num_frames: int, label: list[int]) -> int:
    """Return how many paths collapse to a label, exactly.

    Args:
        num_frames: Length of the paths.
        label: Class numbers without the blank (0), possibly none.

    Example:
        >>> count_paths(4, [1, 2])
        15
    """
    ### BEGIN SOLUTION
    states = [0] + [state for symbol in label for state in (symbol, 0)]
    ways = [int(s < 2) for s in range(len(states))]
    for _ in range(num_frames - 1):
        before = ways
        ways = [sum(before[max(s - 1, 0) : s + 1]) for s in range(len(states))]
        for s in range(3, len(states), 2):
            if states[s] != states[s - 2]:
                ways[s] += before[s - 2]
    return sum(ways[-2:])
    ### END SOLUTION


# %% check="count_paths" points=7
check("lab03.count_paths")

# %% [markdown]
# <details><summary>Hint 1: how do I list them?</summary>
# <code>itertools.product([0, *set(label)], repeat=num_frames)</code> lists every path; count
# those that <code>collapse</code> to the label.
# That passes all cases but the long one.
# </details>
# <details><summary>Hint 2: how do I count without listing?</summary>
# Put the blanks in.
# Count the ways to reach each state after each frame: stay, one step on, or past a blank between
# two letters that differ.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** The table needs num_frames times 2U+1 additions instead of thousands of paths,
# and it is the forward algorithm with every probability set to 1.
# There is a closed form, C(T + U − r, 2U).
# Python's integers are exact; a NumPy int64 table overflows without a word at 100 frames and 50
# letters, where the count is 2 · 10^40.

# %% [markdown] tags=["solution"]
# The formula has a reading: $T + U - r$ places, of which the borders of $U$ letters take $2U$.

# %%
print(f"hello in 12 frames: {count_paths(12, [2, 1, 3, 3, 4]):,} paths")
print(f"50 different letters in 100 frames: {count_paths(100, list(range(1, 51))):.1e} paths")

# %% [markdown]
# A list of $2 \cdot 10^{40}$ paths cannot be made, and it need not be.
#
# For *hello* in twelve frames the lattice has eleven states.

# %% tags=["demo"]
explore(opinion, word, target="hello", view="lattice")

# %% [markdown]
# Between the two l's no edge skips the blank: the crossed stub marks the skip that is forbidden.
# In the still picture, the numbers on the edges into a node are the shares that its predecessors
# have in its alpha; they add up to 1.
# In the explorer, choose *Forward α* and click a node: beside it stands the sum that makes its
# alpha.
# Puzzle 4 asks for a word without a path, and puzzle 2 for a greedy text that is not the best.
#
# The same recursion on probabilities has a flaw that short examples hide.

# %%
rows = []
for count in (12, 100, 200, 400):
    log_p = forward(np.full((count, 96), -np.log(96.0)), [1, 2, 3, 4, 5])[1]
    rows.append((count, f"{np.exp(log_p):.1e}", f"{np.float32(np.exp(log_p)):.1e}", f"{log_p:.1f}"))
figures.Table(rows, ("frames", "p in 64 bits", "p in 32 bits", "log p"))

# %% [markdown]
# At 200 frames the probability is smaller than the smallest 64-bit number, and becomes zero.
# Networks compute in 32 bits, where 100 frames are too many, and a line of this lab can have more
# than that.
# The logarithm of zero is a loss of infinity, and its gradient is nothing a network can use.
# The logarithm of the *true* probability is an ordinary number, as the last column shows: so stay
# in logarithms all the way.
#
# ### Exercise 3.9 · Sum over every path
# 40 min · core
#
# Return the log-probability of a label: the log of the sum over all its paths.
# Work with logarithms throughout: at 400 frames a product of probabilities is 0.
# A label that does not fit gives `-inf`.


# %% answer="forward_log_probability"
def forward_log_probability(log_probs: np.ndarray, label: list[int], blank: int = 0) -> float:
    """Return the log-probability of a label, summed over all paths that collapse to it.

    Args:
        log_probs: (num_frames, num_classes) natural log-probabilities; -inf is allowed.
        label: Class numbers without the blank, possibly none.
        blank: The class number of the blank.

    Returns:
        log p(label), -inf when the label needs more frames than there are.

    Example:
        >>> two_frames = np.log([[0.6, 0.4], [0.6, 0.4]])
        >>> round(np.exp(forward_log_probability(two_frames, [1])), 2)
        0.64

    Source: Graves et al. (2006), section 4.1.
    """
    ### BEGIN SOLUTION
    states, can_skip = extend_label(label, blank)
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:]:
        step = np.concatenate([[-np.inf], alpha])[: len(alpha)]
        skip = np.concatenate([[-np.inf, -np.inf], alpha])[: len(alpha)]
        skip = np.where(can_skip, skip, -np.inf)
        alpha = np.logaddexp.reduce([alpha, step, skip]) + frame[states]
    return float(np.logaddexp.reduce(alpha[-2:]))
    ### END SOLUTION


# %% check="forward_log_probability" points=10
check("lab03.forward_log_probability")

# %% [markdown]
# <details><summary>Hint 1: what is a sum of probabilities in logs?</summary>
# <code>np.logaddexp(a, b)</code> is the log of exp(a) + exp(b), without leaving the logs; it
# takes -inf in its stride.
# <code>np.logaddexp.reduce</code> adds a whole array.
# </details>
# <details><summary>Hint 2: where do paths begin and end?</summary>
# They begin in state 0 or 1 and end in one of the last two.
# Between, a state is reached by staying, from the state before, or by a skip where
# <code>can_skip</code> allows it.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** One array holds the sums over all paths that end in each state; a frame costs
# three shifted additions.
# In probability space the same code is right for a word and gives 0 for a line, whose log is
# minus infinity.
# The loss would be infinite for a line the model reads well.
# `logaddexp` takes the larger term out of the sum first, so nothing underflows and nothing is
# divided.
# An infeasible label needs no special case.

# %% [markdown]
# Four lines of code per frame, whatever the number of paths: $T$ times $2U + 1$ additions instead
# of $10^{40}$ products.
# Now compare your number with TensorFlow's kernel, the one your training calls, on the same
# made-up opinions.

# %%
label = np.array([word.encode("hello")])
ours = -forward_log_probability(ctc.log_softmax(opinion), label[0])
theirs = float(ctc_loss(label, opinion[None], np.array([5]), np.array([12]))[0])
assert abs(ours - theirs) < 1e-4
print(f"ours {ours:.4f}, TensorFlow {theirs:.4f}")

# %% [markdown]
# Minus the log of that sum is the **CTC loss**, and it never asks where a letter stands.
# Its unit is the **nat**, because the logarithm is the natural one: a text of probability 1/2
# costs 0.69 nats, and each further nat makes it less probable by a factor of 2.7.
#
# ### What does the gradient ask for?
#
# Alpha says how likely a path is to *arrive* in a state.
# Its mirror, beta, says how likely it is to *finish* from there.
# The product of the two belongs to all right paths through that state.
# Divided by the probability of the text it is the **posterior**: given that the text is right, how
# likely is it that its path passes here?
# From here on α and β are logarithms, so the product is a sum and the division a difference:
#
# $$\text{posterior}_t(s) = \exp\left(\alpha_t(s) + \beta_t(s) - \log p(\text{text} \mid \text{image})\right)$$
#
# For *ab* in four equal frames it is counting again: so many of the fifteen alignments pass
# through each state.

# %% tags=["nbval-check-output"]
through = np.exp(alpha + ctc.backward(uniform, [1, 2])) * 3.0**4
assert np.allclose(through.sum(axis=1), 15)
through.round().astype(int)

# %% [markdown]
# Each row adds up to 15, because every path is somewhere in every frame.
# The posterior of a class is the sum over its states; the blank has three of them here.
# Take the first row: 5 of 15 alignments begin with a blank and 10 with an a, so the posterior is
# 1/3, 2/3 and, for b, 0.
#
# The derivative of the loss by a logit says how fast the loss grows when that logit is raised.
# It turns out to be what the network says (the softmax of the logits) minus the posterior.
# In that first frame the network says 1/3 to each of the three symbols.

# %%
says, asked = np.full(3, 1 / 3), np.array([5, 10, 0]) / 15
gradient = loss_and_grad(uniform, [1, 2]).grad
assert np.allclose(gradient[0], says - asked)
print("blank, a, b:", (says - asked).round(2) + 0.0)

# %% [markdown]
# A step *down* this gradient leaves the blank as it is, raises a, and lowers b by as much.
# The next picture shows the same for *hello*: one color asks for less of a symbol and the other
# for more, and every column sums to zero.

# %% tags=["demo"]
explore(opinion, word, target="hello", view="gradient", own=[forward_log_probability])

# %% [markdown]
# Press the step button, and watch the loss fall and the lower bars shrink: the network's opinion
# becomes its own posterior.
# Puzzle 5 begins where every frame says blank, and asks for the way out.
# The two stretch exercises build this picture.
#
# ### Exercise 3.10 · Finish from every state
# 25 min · stretch
#
# Compute beta: the log-probability of finishing the label after frame t, given that frame t is
# in state s.
# Alpha already contains what frame t itself says, so beta begins with the frame after it, and
# alpha plus beta counts everything once.


# %% answer="backward"
def backward(log_probs: np.ndarray, label: list[int], blank: int = 0) -> np.ndarray:
    """Return the log-probability of finishing the label from each state after each frame.

    Args:
        log_probs: (num_frames, num_classes) natural log-probabilities.
        label: U class numbers without the blank.
        blank: The class number of the blank.

    Returns:
        `beta` (num_frames, 2 U + 1): log-probability of the frames after t, given state s at
        t. The emission at t itself is not included: in the last row the last two states
        hold 0 and all others -inf.

    Source: Graves et al. (2006), section 4.1 (there with the emission at t).
    """
    ### BEGIN SOLUTION
    states, can_skip = extend_label(label, blank)
    beta = np.full((len(log_probs), len(states)), -np.inf)
    beta[-1, -2:] = 0
    for t in range(len(log_probs) - 2, -1, -1):
        onward = log_probs[t + 1, states] + beta[t + 1]
        step = np.append(onward, -np.inf)[1:]
        skip = np.append(np.where(can_skip, onward, -np.inf), [-np.inf, -np.inf])[2:]
        beta[t] = np.logaddexp.reduce([onward, step, skip])
    return beta
    ### END SOLUTION


# %% check="backward" points=5
check("lab03.backward")

# %% [markdown]
# <details><summary>Hint 1: which emission belongs to a move?</summary>
# That of the frame and state one arrives in.
# </details>
# <details><summary>Hint 2: which skip is allowed?</summary>
# The rule of the state one lands on, two states further on.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** Without its own emission, beta adds to alpha with nothing counted twice, and
# logsumexp(alpha + beta) is the same number at every frame: the best test there is.

# %% [markdown]
# ### Exercise 3.11 · The gradient of the loss
# 25 min · stretch
#
# Return the derivative of the CTC loss by each logit: softmax minus posterior.
# The posterior of a class is the sum over the states that carry it.
# Every row of the answer sums to zero.


# %% answer="ctc_gradient"
def ctc_gradient(logits: np.ndarray, label: list[int], blank: int = 0) -> np.ndarray:
    """Return the derivative of the CTC loss by each logit: softmax minus posterior.

    Args:
        logits: (num_frames, num_classes), not normalized.
        label: Class numbers without the blank that fit into the frames.
        blank: The class number of the blank.

    Returns:
        (num_frames, num_classes); every row sums to 0.

    Source: Graves et al. (2006), section 4.2, equation 16.
    """
    ### BEGIN SOLUTION
    log_probs = log_softmax(logits)
    states, _ = extend_label(label, blank)
    alpha, log_p = forward(log_probs, label, blank)
    posterior = np.exp(alpha + backward(log_probs, label, blank) - log_p)
    gradient = np.exp(log_probs)
    np.subtract.at(gradient, (slice(None), states), posterior)
    return gradient
    ### END SOLUTION


# %% check="ctc_gradient" points=6
check("lab03.ctc_gradient")

# %% [markdown]
# <details><summary>Hint 1: what is the posterior of a class?</summary>
# The sum over all states that carry it.
# The blank sits in U + 1 states.
# </details>
# <details><summary>Hint 2: why is my sum wrong for doubles?</summary>
# <code>gradient[:, states] -= ...</code> subtracts once per class, not once per state.
# Use <code>np.subtract.at</code>, or a loop over the states.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** The gradient asks each frame for what the paths need and takes away what it
# gave.
# Fancy indexing assigns, and would count a class once however many states carry it.

# %% [markdown]
# ### Why only blanks, at first?
#
# Whoever trains with CTC for the first time asks the same question: the loss falls, and the
# network reads nothing at all.
# Take the network away to see why.
#
# ### Exercise 3.12 · Where does the blank settle?
# 2 min · core
#
# A network that ignores its picture has one distribution for all 24 frames, over a blank and 9
# letters.
# Labels are 4 random letters.
# Trained with CTC until the loss stops falling: what is p(blank)?


# %% answer="guess_blank"
def guess_blank() -> float:
    """Return your guess of the probability of the blank, from 0 to 1."""
    ### BEGIN SOLUTION
    return 0.8
    ### END SOLUTION


# %% check="guess_blank" points=1
predict("lab03.guess_blank")

# %% [markdown]
# <details><summary>Hint 1: how many frames do four letters need?</summary>
# Four.
# The other twenty may be blank in every label, whatever its letters.
# </details>
# <details><summary>Hint 2: is 20 of 24 the answer?</summary>
# Nearly; a letter may also last several frames.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** Blanks fit every label, each letter fits few, so the first thing learnt is the
# blank: from .10 past .5 in two updates.
# The loss falls from 40 to 10 while every greedy text is empty.
# It is a plateau and no fault: a falling loss does not mean that letters are being learnt.

# %% [markdown]
# Now run it: ten numbers, the same for all 24 frames, moved down the gradient on batches of
# sixteen random labels.

# %%
rng = np.random.default_rng(0)
bias, plateau_loss, plateau_blank = np.zeros(10), [], []
for _ in range(60):
    labels = rng.integers(1, 10, (16, 4))
    rows = [loss_and_grad(np.tile(bias, (24, 1)), label) for label in labels]
    plateau_loss.append(np.mean([row.loss for row in rows]))
    plateau_blank.append(float(np.exp(log_softmax(bias[None]))[0, 0]))
    bias -= 0.1 * np.mean([row.grad.sum(axis=0) for row in rows], axis=0)
text = ctc.greedy(log_softmax(np.tile(bias, (24, 1))))[1]
assert 0.81 < plateau_blank[-1] < 0.85 and text == [] and plateau_blank[2] > 0.5
print(f"p(blank) {plateau_blank[-1]:.2f}, loss {plateau_loss[0]:.1f} to {plateau_loss[-1]:.1f}")
print(compare_guess("lab03.guess_blank", round(plateau_blank[-1], 2)))

# %% [markdown]
# The assertion says two things: the blank settles between 0.81 and 0.85, and greedy decoding
# reads the empty text.
# Look at how fast it happens.

# %%
shown = {"loss / 50": np.array(plateau_loss) / 50, "p(blank)": plateau_blank}
figures.plot_curves(shown, x="update", y="loss / 50, probability", title="Ten numbers, no image")

# %% [markdown]
# The loss falls from {loss # to} to {loss _ to #}, without a look at any image.
# Knowing *how often* each symbol occurs is worth that much, and the blank occurs most: it fills
# the frames that no letter needs.
# This is the **plateau**.
# A network has to learn to tell frames apart before any letter can beat the blank, and until then
# its text is empty and its error rate 100 %.
#
# The curve above ends on it; in a real training it is the bend where the steep fall ends.
# So a falling loss does not mean that letters are being learned.
# The remedy is updates: many small batches, normalized activations, and a learning rate high
# enough to leave.
# Has your own network left the plateau yet?

# %%
print(training.describe())
curve = {"loss": list(training.history["loss"])[:200] or [0]}
figures.plot_curves(curve, "update", "loss per character", "The first 200 updates", smooth=5)

# %% [markdown]
# Compare with the curve above: the steep fall is the one that needs no image.
# Where it bends into a slow descent, the letters begin; networks that are less lucky stay there for
# long.
#
# ### Which loss is wrong?
#
# A loss can be wrong for a few labels, and nobody notices, because the others train.


# %%
def shipped_loss(log_probs: np.ndarray, label: list[int], blank: int = 0) -> float:
    """Return minus the log-probability of a label."""
    states = np.full(2 * len(label) + 1, blank)
    states[1::2] = label
    alpha = np.full(len(states), -np.inf)
    alpha[:2] = log_probs[0, states[:2]]
    for frame in log_probs[1:]:
        step = np.concatenate([[-np.inf], alpha])[: len(alpha)]
        skip = np.concatenate([[-np.inf, -np.inf], alpha])[: len(alpha)]
        skip[states == blank] = -np.inf
        alpha = np.logaddexp.reduce([alpha, step, skip]) + frame[states]
    return -float(np.logaddexp.reduce(alpha[-2:]))


# %% [markdown]
# ### Exercise 3.13 · Catch a loss that shipped
# 10 min · stretch
#
# This loss is modeled on one that a library shipped for months: it is wrong for some labels.
# Return a label (classes 1 to 3, at most four symbols) that fits into six frames and gets a wrong
# loss.


# %% answer="find_loss_fault"
def find_loss_fault() -> list[int]:
    """Return a label on which `shipped_loss` is wrong: 1 to 4 symbols from 1, 2, 3."""
    ### BEGIN SOLUTION
    return [1, 1]
    ### END SOLUTION


# %% check="find_loss_fault" points=3
check("lab03.find_loss_fault")

# %% [markdown]
# <details><summary>Hint 1: what can I compare it with?</summary>
# With your own <code>forward_log_probability</code> on random log-probabilities of six frames:
# try a few labels.
# </details>
# <details><summary>Hint 2: which labels would hide it?</summary>
# Read the line that decides about skipping a blank.
# Which question does it not ask?
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** The code skips the blank between equal letters, so *aa* also collects the
# paths of *a*, and its loss is too low.
# Any label with an equal pair shows it, and none without.
# Chainer shipped this fault (issue 2352); tests on three or four labels without doubles cannot
# see it.

# %% [markdown]
# <details><summary>Checkpoint: a longer line has a larger loss. Is it read worse?</summary>
# Not necessarily. Each path is a product with a factor for every frame, so a longer line tends to
# have a smaller probability and a larger loss.
# Training divides it by the number of characters, and reading is measured in edits, not in nats.
# </details>
#
# You have collapsed paths, counted them, summed over them, and seen why a network is silent at
# first.
# This is a good place for a break.

# %% [markdown]
# ## Sitting C: the recognizer
#
# Your network has trained while you counted paths.
# This sitting harvests it: you watch it learn, decode, measure, and hand it your own lines.
# After a break, run the cells down to `begin(3)`, then this one; it also brings a `paste_ink`
# back.

# %% waiting=1
if "train" not in globals():
    train = compose_lines(NUM_LINES, "train", SEED)
if "training" not in globals():
    recognizer_network = networks.line_network()
    training = train_line_network(recognizer_network, train, UPDATES, **TRAINING)
if "paste_ink" not in globals():
    check("lab03.paste_ink")
two_frames = np.log([[0.6, 0.4], [0.6, 0.4]])
test, mine = frozen_lines(), my_handwriting()
training.wait()
len(training.snapshots)

# %% [markdown]
# The training took a fixed number of updates, not of seconds: a slow machine waits longer and
# gets the same network.
#
# ### How did it learn?
#
# The training kept snapshots of what the network said about one line, by a hand it never learned
# from.
# The next picture replays them, from the first to the last: letters appear out of a field of
# blanks.

# %% tags=["demo"]
snapshots = [{"update": s.update, "logits": s.logits[0]} for s in training.snapshots]
blanks = [np.exp(log_softmax(each["logits"]))[:, 0].mean() for each in snapshots]
assert UPDATES < 1200 or max(blanks) > max(blanks[0], blanks[-1])
explore(
    snapshots[-1]["logits"],
    ASCII,
    target=WATCHED.text,
    image=WATCHED.image,
    view="replay",
    snapshots=snapshots,
)

# %% [markdown]
# Move the slider through the updates, and watch three phases: everything uncertain, everything
# blank, then letters.
# The dashed curve, the mean probability of the blank, has its peak in the second.
# Letters end as **spikes** of a frame or two.
# The spike says where the network became sure, which need not be where the letter begins or ends.
#
# Now the curve of the whole training.

# %%
print(training.describe())
curve = {"loss": list(training.history["loss"]) or [0]}
figures.plot_curves(curve, "update", "loss per character", smooth=9)

# %% [markdown]
# The bend at the foot of the fall is the plateau of sitting B.
# Yours ended well; many do not, and the curve alone rarely says why.
# Here are five toy runs, trained by CTC in NumPy on texts of the letters a to h and recorded,
# each with one fault of this list:
#
# - *padding*: labels are padded with -1, and the padding counts as letters, since a negative
#   index means the last class, here the tilde;
# - *double softmax*: the network ends in a softmax, and the loss applies another, which flattens the
#   probabilities;
# - *blank*: trained with the last class as the blank, decoded with class 0;
# - *stride*: too few frames for the letters, and a line that does not fit counts as no loss at all;
# - *plateau*: nothing is wrong, it was stopped too early.

# %%
runs = sample("broken_runs")
at = 6 * np.arange(1, 41)  # Each number is the mean of six updates
curves = {f"run {name}": (at, run["losses"]) for name, run in runs.items()}
figures.plot_curves(curves, "update", "mean loss of a line", title="Five runs", log_y=True)

# %% [markdown]
# Curves first, on a logarithmic axis, then what each of them reads in five lines.
# Confidence is the mean over frames of the largest probability that the loss sees.

# %%
rows = [(name, *(text or "(empty)" for text in run["texts"]), run["confidence"])
        for name, run in runs.items()]  # fmt: skip
figures.Table([("truth", *runs["A"]["targets"], ""), *rows], ("run", *"12345", "confidence"))

# %% [markdown]
# ### Exercise 3.14 · Name five broken runs
# 10 min · core
#
# Each run has one fault of the list: `"padding"`, `"double softmax"`, `"blank"`, `"stride"`,
# `"plateau"`.
# Return the five names in the order A to E.


# %% answer="diagnose_loss"
def diagnose_loss() -> tuple[str, str, str, str, str]:
    """Return the faults of the runs A, B, C, D and E, each one of FAULTS."""
    ### BEGIN SOLUTION
    return ("blank", "plateau", "double softmax", "padding", "stride")
    ### END SOLUTION


# %% check="diagnose_loss" points=5
check("lab03.diagnose_loss")

# %% [markdown]
# <details><summary>Hint 1: what do the texts say?</summary>
# Empty, too short, a stray letter at the end, or a stray letter everywhere; two are empty. Sort them
# before looking at the curves.
# </details>
# <details><summary>Hint 2: what does the curve say?</summary>
# Of the two empty ones, one is sure of its blank; the other is never sure of anything, and a
# softmax of a softmax cannot get far above uniform.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** A trained without a fault, so its loss is as low as it gets, and class 0 is a
# letter it was never told to use as the blank.
# B does what every CTC run does first: give it more updates or larger ones.
# C squeezes its outputs into 0 to 1 before the softmax; with ten classes no probability can pass
# e / (e + 9), which is the confidence it shows.
# D learned to write the padding, whose length nothing in the line foretells.
# E fits no doubled letters; its loss looks good from the start, because what is impossible was
# counted as 0.

# %% [markdown]
# ### How is a line read?
#
# Logits, the best symbol per frame, collapse, characters: reading is four lines.
# Here is one line of the frozen test, with what the network read.

# %%
reader = LineTextRecognizer(recognizer_network)
number = min(range(len(test)), key=lambda k: abs(test.images[k].shape[1] - 120))
image, truth = test.images[number], test.texts[number]
logits = reader.logits(image)
text = ASCII.decode(ctc.collapse(logits.argmax(axis=1)))
figures.show_lines([image], [truth], [text])

# %% [markdown]
# Below, the same line in the explorer: all paths of the text flow over the ink like a river, and the
# network's opinion stands below on the same time axis.
# Type another target and watch its loss: where a wrong text costs less than the true one, the
# network is wrong with conviction.

# %% tags=["demo"]
explore(logits, ASCII, target=truth, image=image)

# %% [markdown]
# Greedy decoding follows one path, and sitting B found a matrix where that is wrong.
# Does it happen with a trained network?
# The next cell takes twenty short test lines and looks for a text that is more probable than the
# greedy one, with a search that keeps four prefixes at once.

# %%
order = sorted(range(len(test)), key=lambda k: test.images[k].shape[1])
found = []
for k in order[40:60]:
    log_probs = log_softmax(reader.logits(test.images[k]))
    greedy_label = ctc.greedy(log_probs)[1]
    beam_label = beam_steps(log_probs, 4)[-1].kept[0].prefix
    gain = forward(log_probs, beam_label)[1] - forward(log_probs, greedy_label)[1]
    if gain > 0:
        texts = (test.texts[k], ASCII.decode(greedy_label), ASCII.decode(beam_label))
        found.append((*texts, float(np.exp(gain))))
print(f"{len(found)} of 20 lines have a text more probable than the greedy one")
assert UPDATES < 1200 or len(found) < 10
figures.Table(found, ("truth", "greedy", "beam", "times as probable"))

# %% [markdown]
# Where the table has rows, greedy decoding returned a text that the network itself holds to be
# less probable.
# More probable is not the same as right: compare with the truth.
# Some of the test's texts are strings without sense, so that no reader can win by knowing English.
# A trained network is nearly sure of most frames, and then the best path is almost all there is.
#
# The search is a **prefix beam**: it keeps several beginnings of a text, or **prefixes**, and adds
# up the paths of each.
# After a blank, another *a* is a second letter; after an *a*, it only prolongs the first.
# So each prefix has two sums, of its paths that end in a blank and of those that end in its last
# letter.
# Here they are for the two frames of sitting B, in which the blank has 0.6 and the letter 0.4.

# %%
rows = []
for frame, step in enumerate(beam_steps(two_frames, width=2), start=1):
    for kept in step.kept:
        sums = np.exp([kept.log_p_blank, kept.log_p_letter, kept.log_p])
        rows.append((frame, "a" * len(kept.prefix) or "(empty)", *sums))
assert rows[2][1] == "a" and np.isclose(rows[2][4], 0.64)
figures.Table(rows, ("frame", "prefix", "ends in blank", "ends in a", "both"), form="{:.2f}")

# %% [markdown]
# After one frame the empty prefix leads, 0.60 to 0.40.
# After two, *a* leads: 0.24 is the path `aϵ`, and in 0.40 two paths meet, `ϵa` with 0.24 and `aa`
# with 0.16.
# Greedy decoding keeps the best *path* and never sees that sum.
#
# Alone the search changes little: most lines above gave the same text.
# Puzzle 3 of the explorer asks for bars with which width 2 finds a more probable text than width 4,
# and puzzle 6 for two texts that tie.
# In Lab 5 a language model has a say in the search, and then it pays.
#
# ### Exercise 3.15 · Search over prefixes
# 50 min · stretch
#
# Keep the best `width` prefixes per frame, each with two scores: its paths that end in a blank,
# and those that end in its last symbol.
# Return the best label and the log of its kept probability.
# On the two frames of 0.6 and 0.4, width 2 gives `[1]` with 0.64.


# %% answer="prefix_beam"
def prefix_beam(
    log_probs: np.ndarray, width: int, blank: int = 0
) -> tuple[list[int], float]:
    """Return the best label of a prefix beam search and its log score.

    Args:
        log_probs: (num_frames, num_classes) natural log-probabilities.
        width: How many prefixes survive each frame, ranked by both scores together.
        blank: The class number of the blank.

    Returns:
        The best label, and the log of the probability of its paths that were kept.

    Source: Hannun et al. (2014), algorithm 1, without a language model.
    """
    ### BEGIN SOLUTION
    beam = {(): (0.0, -np.inf)}
    for frame in log_probs:
        grown = {}

        def add(prefix, ends_in_blank, score, grown=grown):
            scores = grown.setdefault(prefix, [-np.inf, -np.inf])
            scores[1 - ends_in_blank] = np.logaddexp(scores[1 - ends_in_blank], score)

        for prefix, (in_blank, in_letter) in beam.items():
            either = np.logaddexp(in_blank, in_letter)
            for symbol, score in enumerate(frame):
                if symbol == blank:
                    add(prefix, True, either + score)
                elif prefix and prefix[-1] == symbol:
                    add(prefix, False, in_letter + score)
                    add((*prefix, symbol), False, in_blank + score)
                else:
                    add((*prefix, symbol), False, either + score)
        ranked = sorted(grown.items(), key=lambda item: -np.logaddexp(*item[1]))
        beam = dict(ranked[:width])
    best, scores = next(iter(beam.items()))
    return list(best), float(np.logaddexp(*scores))
    ### END SOLUTION


# %% check="prefix_beam" points=6
check("lab03.prefix_beam")

# %% [markdown]
# <details><summary>Hint 1: why two scores?</summary>
# <em>a</em> then <em>a</em> again continues the letter when the path ends in <em>a</em>, and
# starts a new one when it ends in a blank.
# Keep the two sums apart.
# </details>
# <details><summary>Hint 2: what starts with probability one?</summary>
# The empty prefix, ending in a blank; its other score is 0, in logs -inf.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** A dictionary merges all paths of a prefix, so its score is a sum where greedy
# has one term.
# The score is a lower bound: dropped prefixes take their paths along, and a wider beam is not
# always better.

# %% [markdown]
# ### How good is it?
#
# The frozen test set: hands, sentences and many letterforms that no training line contained.
# CER is all edits divided by all characters of the truth.

# %% tags=["number"]
texts = reader.read_many(test.images)
from_scratch = character_error_rate(test.texts, texts)
if UPDATES >= 1200:
    assert from_scratch <= 0.25
print(f"CER from scratch, {UPDATES} updates: {from_scratch:.1%}")

# %% [markdown]
# That is your network, from nothing, in minutes on two cores.
# Split the errors by whether the letter was written in a form that training never showed.

# %%
wrong, total = np.zeros(2), np.zeros(2)
for truth, text, held_out in zip(test.texts, texts, test.held_out, strict=True):
    flags = iter(held_out)
    for operation, _, _ in align(truth, text):
        if operation != "insert":
            kind = int(next(flags))
            total[kind] += 1
            wrong[kind] += operation != "equal"
seen, unseen = wrong / np.maximum(total, 1)
assert UPDATES < 1200 or unseen > seen
print(f"characters missed: {seen:.1%} in letterforms seen, {unseen:.1%} in held-out ones")

# %% [markdown]
# The difference is the price of a letterform never seen.
#
# Training longer would help, and somebody already has.
# The course's small reader has the weights of the same kind of network after a longer run; continue
# from those for a few hundred updates.
# (The reader of Labs 1 and 5 is another one: it is larger, and learned from real handwriting.)

# %% tags=["number"] waiting=0.5
small_reader = LineTextRecognizer.load("line_small")
train_line_network(
    small_reader.network, train, MORE_UPDATES, learning_rate=1e-3, seed=SEED
).wait()
continued = small_reader.error_rate(test)
if MORE_UPDATES >= 200:
    assert continued <= 0.15
print(f"CER continued from the small reader: {continued:.1%}")

# %% [markdown]
# The networks are of one kind, and so are the lines; the gap is bought by patience and by hands.
# The small reader took 15,000 updates before these, nearly half of them on lines by 1,000 hands
# instead of 96.
#
# A different temptation is speed: fewer frames cost less.
# Five lines, with their widths in pixels, say how far one may go.

# %%
widths = (312, 104, 88, 25, 72)
texts = ("Thursday, 14 November", "a committee", "15.11.1999", "1111", "balloon")
figures.Table(list(zip(texts, widths, strict=True)), ("text", "width in pixels"))

# %% [markdown]
# ### Exercise 3.16 · Choose the stride
# 5 min · core
#
# A network with stride s gives ceil(width / s) frames.
# Which is the largest stride of 2, 4, 8, 16 for which every text fits into its line's frames?


# %% answer="choose_stride"
def choose_stride() -> int:
    """Return the largest stride of 2, 4, 8, 16 that leaves every line enough frames."""
    ### BEGIN SOLUTION
    return 4
    ### END SOLUTION


# %% check="choose_stride" points=2
check("lab03.choose_stride")

# %% [markdown]
# <details><summary>Hint 1: what does a text need?</summary>
# <code>min_frames</code>: its letters, and a blank for each equal pair.
# </details>
# <details><summary>Hint 2: which line decides?</summary>
# Narrow lines with doubled letters.
# Compute both numbers for <em>1111</em> and for <em>a committee</em>.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** At stride 8 every line has at least as many frames as letters, or nearly, and
# some still fail.
# *1111* needs seven frames and has four.
# At stride 4 all fit, *1111* with none to spare.
# One line that does not fit has an infinite loss, so the check belongs to the data, before the
# training.

# %% [markdown]
# ### Can it read you?
#
# The lines of the opening, read by the network that you continued.

# %% tags=["number"]
read = small_reader.read_many(mine.lines)
own = character_error_rate(mine.texts, read)
print(f"CER on {len(read)} lines, {mine.lines_source}: {own:.1%}")
figures.show_lines(mine.lines[:3], mine.texts[:3], read[:3])

# %% [markdown]
# Where the lines are yours, the number is the one that counts, and it may be worse than the
# test's, because people write in more ways than our pens do.
# One way to close the gap needs no new lines at all.
# The letters of the pad in Lab 1 are one more pen: it writes any text in your hand, and the network
# trains on that.
# Letters teach nothing about another hand, so both have to be yours.
# Until they are, a stand-in gives the letters and the lines.

# %%
my_pen, measured = my_hand(), mine
if not my_pen.source == mine.lines_source == "yours":
    my_pen, measured = stand_in_hand(), stand_in()
print(my_pen.description)
print(f"letters and lines: {measured.lines_source}")
own_lines = compose_lines(400, "train", SEED, [my_pen.hand])
figures.show_lines(own_lines.images[:3], own_lines.texts[:3])

# %% [markdown]
# Every letter was written once on the pad and varies a little each time the pen writes it.
# Now the network continues for a few updates, twice from the same weights.
# The first time it sees other hands alone, the second time half of its lines are in this hand.
# The first is the **control**: what more training would have brought without your letters.


# %% waiting=0.6
def continue_with(lines: LineSet) -> float:
    """Return the CER on the measured lines after a few more updates from the same weights."""
    small_reader.network.set_weights(weights)
    train_line_network(
        small_reader.network, lines, MORE_UPDATES // 2, learning_rate=5e-4, seed=SEED
    ).wait()
    return character_error_rate(measured.texts, small_reader.read_many(measured.lines))


weights = small_reader.network.get_weights()
before = character_error_rate(measured.texts, small_reader.read_many(measured.lines))
halves = zip(vars(train[:400]).values(), vars(own_lines).values(), strict=True)
other, own = continue_with(train[:800]), continue_with(LineSet(*(a + b for a, b in halves)))
assert MORE_UPDATES < 200 or measured is mine or own < other
rows = [("before", before), ("other hands alone", other), ("half of it this hand", own)]
caption = f"CER on {len(measured.texts)} lines, {measured.lines_source}"
figures.Table(rows, ("trained on", "CER"), caption, form="{:.1%}")

# %% [markdown]
# Compare the last two rows: the difference between them is what the letters taught, and in the
# stand-in's hand it is a gain.
# Ten lines are few, so a difference of a point or two is luck.
# And letters written one by one teach shapes alone: not how letters join, nor how they change with
# their neighbors.
# Lab 5 goes on from here, with lines that a hand has written.
#
# ### What must never break?
#
# The costliest bug of this lab makes no error message: a batch is padded, and the padding is read
# or trained as if it were ink.
# A test that catches it is worth more than care.
# Here is a right one of those functions: it scores a padded batch.


# %%
def read_batch_error(paths, num_frames, labels, num_labels):
    """Return total edits / total characters of a padded batch."""
    read = [ctc.collapse(path[:length]) for path, length in zip(paths, num_frames, strict=True)]
    true = [label[:length] for label, length in zip(labels, num_labels, strict=True)]
    edits = sum(edit_distance(*pair) for pair in zip(true, read, strict=True))
    return edits / sum(num_labels)


# %% [markdown]
# ### Exercise 3.17 · Write a test for padding
# 15 min · core
#
# Write a test for any function that scores a padded batch as the one above does.
# It must pass for a right one and raise `AssertionError` for one that lets padding count.
# Use a batch whose lines differ in length.


# %% answer="check_padding"
def check_padding(read_batch_error) -> None:
    """Raise AssertionError if a batch's padding changes its character error rate.

    Args:
        read_batch_error: A function `(paths, num_frames, labels, num_labels) -> float`.
            `paths` (batch, max_frames) holds the best class of each frame, blank 0;
            `labels` (batch, max_labels) the true classes, padded with 0; `num_frames` and
            `num_labels` (batch,) the true lengths. It must collapse each path's true
            frames and return the total edits divided by the total true label length.
    """
    ### BEGIN SOLUTION
    paths = [[1, 0, 2, 3, 3, 3], [4, 0, 5, 0, 5, 6]]
    labels = [[1, 2, 0, 0], [4, 5, 5, 5]]
    error = read_batch_error(paths, [3, 6], labels, [2, 4])
    assert abs(error - 1 / 6) < 1e-9, f"one edit in six characters, but the error is {error}"
    ### END SOLUTION


# %% check="check_padding" points=7
check("lab03.check_padding")

# %% [markdown]
# <details><summary>Hint 1: which batch shows it?</summary>
# Fill the padded frames with letters: a decoder that reads on will be caught.
# Let one line be read right and the longer one wrong.
# </details>
# <details><summary>Hint 2: is a perfect batch enough?</summary>
# No: with no edits the denominator never shows.
# Make one edit, work out the rate by hand, and compare with a small tolerance.
# </details>
#
# [Compare with the solution](../solutions/03_line_text_recognizer.ipynb)

# %% [markdown] tags=["solution"]
# **Why this way.** Padded frames hold letters, so reading on costs an edit.
# The short label has padding, so counting it changes the edits or the denominator.
# The lines differ in length, so a mean of rates is another number.
# One assertion with a value worked out by hand catches all of it; a perfect batch would let three
# of the bugs pass.

# %% [markdown]
# Your test is saved under `my/tests`; Lab 8 collects it, and plants this bug.
# Run it once against the code that made your number.

# %%
check_padding(read_batch_error)

# %% [markdown]
# ### Common mistakes
#
# - *The loss is infinite on some lines.* They have fewer frames than `min_frames` asks: the
#   stride is too large, or the image too narrow.
# - *The error rate stays at 100 % while the loss falls.* That is the plateau: more updates,
#   smaller batches, normalization.
# - *The loss is fine and the text is nonsense.* The blank's index or the alphabet differs between
#   training and decoding.
# - *A line reads well alone and badly in a batch.* Padding counts as ink: pass the true lengths,
#   and cut the logits before decoding.

# %% tags=["grade"]
report(3)

# %% [markdown]
# ## Recap
#
# - You composed lines whose ink saturates, and kept hands, forms and sentences of the test out of
#   training: [sitting A](#Sitting-A:-data-and-ladder).
# - Context and CTC both lowered the error, and CTC bought freedom from boxes:
#   [the ladder](#Which-of-the-two-helps-more?).
# - You computed the probability of a text, by listing, by counting and by a recursion that
#   survives 400 frames: [sitting B](#Sitting-B:-CTC-by-hand).
# - You explained the plateau with ten numbers and no network, and told five faults apart by their
#   symptoms.
# - You trained a recognizer and scored it on strangers and on your own hand:
#   [sitting C](#Sitting-C:-the-recognizer).
#
# ## Try next
#
# Guess the number first, each time.
#
# 1. Train with `BATCH_SIZE = 64` and a quarter of the updates: the same lines, fewer steps. When
#    does it leave the plateau? And when, if you take batch normalization out of `build_network`
#    and train that?
# 2. Set `context="dilated"` for the long training. Does it beat the LSTM at the same number of
#    updates, and per second?
# 3. Write ten lines of your own, photograph them, and continue the training on five of them. How
#    far does the CER of the other five fall?
#
# **Sources.** Graves, Fernández, Gomez, Schmidhuber, "Connectionist temporal classification",
# ICML 2006, pages 369-376: collapse in section 3.1, greedy and prefix search in 3.2, forward and
# backward in 4.1, the gradient in 4.2 (equation 16).
# Graves, *Supervised Sequence Labelling with Recurrent Neural Networks*, Springer 2012, chapter
# 7, pages 61-76.
# Hannun, "Sequence modeling with CTC", Distill 2017, for the pictures; its bound on the minimum
# length and its greedy example are corrected here.
# The course's slides on text recognition by Full Stack Deep Learning (2021) set the path from
# window to LSTM to CTC.
#
# Next: [Lab 4, tools for experimentation](04_tools_for_experimentation.ipynb).
