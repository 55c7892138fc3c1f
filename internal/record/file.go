package record

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Bounds of a file and its parts, in bytes unless said otherwise.
const (
	MaxFileSize = MaxUnpacked + 1<<20
	MaxUnpacked = 256 << 20 // of all sections together
	MaxNamed    = 64 << 20  // of one file that the scenario names
	MaxScenario = 4 << 20
	maxMeta     = 1 << 20
	maxHashes   = 1024 // hashes kept, evenly over the run
	maxFiles    = 64   // that the scenario names
)

// Errors of a file.
var (
	// ErrForeign: not a recording at all.
	ErrForeign = errors.New("not a trapline recording")
	// ErrDamaged: cut short or changed since it was written.
	ErrDamaged = errors.New("damaged recording")
	// ErrVersion: written by a program with another format.
	ErrVersion = errors.New("recording of another version of the program, whose steps were others")
	// ErrOtherText: made on another text of the modelled kernel.
	ErrOtherText = errors.New("recording of another text of the modelled kernel, another version's, whose steps were others: record again")
)

// File is a run on disk: all that another machine needs to make it again.
type File struct {
	Producer string            // the program that wrote it, for messages
	Name     string            // the scenario's
	Scenario []byte            // its text, whole
	Files    map[string][]byte // files that the scenario names
	Engine   string
	Text     string            // names the kernel's text, "": it has none, or the file is from before there were names
	Options  map[string]string // how it was opened otherwise
	Actors   int               // the vCPUs, then interrupts
	Hashes   []Hash            // by step; the first is of step 0, the last of the end

	script script
}

// Hash is the hash of the state at a moment, clocks included.
type Hash struct {
	Step uint64
	Sum  uint64
}

// Steps is the length of the run.
func (f *File) Steps() uint64 { return f.script.steps }

// Taken yields who takes each step, in order.
func (f *File) Taken() func(yield func(actor int) bool) { return f.script.taken }

// Save puts the present line, which is not Changed, into f, whose other fields
// the caller fills in.
func (t *Timeline) Save(f *File) {
	l := t.line
	f.Actors = t.opt.Actors
	data := slices.Clone(l.script.closed())
	f.script, _ = readScript(data, f.Actors)
	points := l.points.list
	stride := len(points)/maxHashes + 1
	f.Hashes = f.Hashes[:0]
	for i := 0; i < len(points); i += stride {
		f.Hashes = append(f.Hashes, Hash{points[i].step, points[i].hash})
	}
	if end, ok := t.endHash(); ok && f.Hashes[len(f.Hashes)-1].Step != end.Step {
		f.Hashes = append(f.Hashes, end)
	}
}

// endHash is the hash of the line's end, if the timeline stands there.
func (t *Timeline) endHash() (Hash, bool) {
	return Hash{t.at, t.Hash()}, t.at == t.End()
}

// checkHashes demands that every hash has its own moment of the run, and that
// those of the start and the end are there: without them nothing is compared.
func (f *File) checkHashes() error {
	for i, h := range f.Hashes {
		if h.Step > f.Steps() || i > 0 && h.Step <= f.Hashes[i-1].Step {
			return fmt.Errorf("hash %d is of step %d; expected rising steps up to %d", i+1, h.Step, f.Steps())
		}
	}
	switch n := len(f.Hashes); {
	case n == 0 || f.Hashes[0].Step != 0:
		return errors.New("no hash of the start; expected one of step 0")
	case f.Hashes[n-1].Step != f.Steps():
		return fmt.Errorf("no hash of the end; expected one of step %d", f.Steps())
	case n > 2*maxHashes:
		return fmt.Errorf("%d hashes; expected at most %d", n, 2*maxHashes)
	}
	return nil
}

// Verify replays f on a timeline that is made of f's scenario, and compares every hash.
// The timeline stands at its start, or where Verify was stopped before. Afterwards
// it holds the run and stands at its end; where ctx ended, it stands there.
func (f *File) Verify(ctx context.Context, t *Timeline) error {
	if t.opt.Actors != f.Actors {
		return fmt.Errorf("%w: it has %d actors, the scenario %d", ErrDamaged, f.Actors, t.opt.Actors)
	}
	if err := f.checkHashes(); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	from := t.at
	want := f.Hashes
	for len(want) > 0 && want[0].Step < from {
		want = want[1:]
	}
	check := func() error {
		if len(want) == 0 || want[0].Step != t.at {
			return nil
		}
		if got := t.Hash(); got != want[0].Sum {
			return &DivergedError{Step: t.at, Got: got, Want: want[0].Sum, Producer: f.Producer}
		}
		want = want[1:]
		return nil
	}
	if err := check(); err != nil {
		return err
	}
	skip := from
	for cpu := range f.Taken() {
		if skip > 0 {
			skip--
			continue
		}
		if err := t.Take(cpu); err != nil {
			return fmt.Errorf("step %d: %w", t.at, err)
		}
		if err := t.Ended(ctx); err != nil {
			return fmt.Errorf("%w of %d; %d of %d states were compared, all equal", err, f.Steps(), len(f.Hashes)-len(want), len(f.Hashes))
		}
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// DivergedError tells that a replay went another way than the recording.
type DivergedError struct {
	Step      uint64
	Got, Want uint64
	Producer  string
}

func (e *DivergedError) Error() string {
	if e.Step == 0 {
		return fmt.Sprintf("the replay differs from the start on: the kernel's text, or the machine, is another version's (state %016x, recorded %016x by %s): record again",
			e.Got, e.Want, e.Producer)
	}
	return fmt.Sprintf("the replay differs at step %d: the state's hash is %016x, recorded was %016x (by %s)", e.Step, e.Got, e.Want, e.Producer)
}

// fileNames lists the scenario's files in order.
func (f *File) fileNames() []string { return slices.Sorted(maps.Keys(f.Files)) }
