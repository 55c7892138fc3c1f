package record

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Bounds of a file's parts, in bytes unless said otherwise.
const (
	MaxFileSize = 1 << 30
	maxSection  = 512 << 20 // unpacked
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
	ErrVersion = errors.New("recording of another version")
)

// File is a run on disk: all that another machine needs to make it again.
type File struct {
	Producer string            // the program that wrote it, for messages
	Name     string            // the scenario's
	Scenario []byte            // its text, whole
	Files    map[string][]byte // files that the scenario names
	Engine   string
	Options  map[string]string // how it was opened otherwise
	Actors   int               // the vCPUs, then interrupts
	Hashes   []Hash            // the first is of step 0, the last of the end

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
func (f *File) Taken() func(yield func(actor int) bool) {
	return func(yield func(int) bool) {
		var c cursor
		for {
			cpu, ok := f.script.peek(c)
			if !ok || !yield(cpu) {
				return
			}
			f.script.advance(&c)
		}
	}
}

// Save puts the present line into f, whose other fields the caller fills in.
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

// Verify replays f on a timeline that stands at its start, made of f's
// scenario, and compares every hash. Afterwards the timeline holds the run and
// stands at its end.
func (f *File) Verify(t *Timeline) error {
	if t.opt.Actors != f.Actors {
		return fmt.Errorf("%w: it has %d actors, the scenario %d", ErrDamaged, f.Actors, t.opt.Actors)
	}
	want := f.Hashes
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
	for cpu := range f.Taken() {
		if err := t.Take(cpu); err != nil {
			return fmt.Errorf("step %d: %w", t.at, err)
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
	return fmt.Sprintf("the replay differs at step %d: the state's hash is %016x, recorded was %016x (by %s)", e.Step, e.Got, e.Want, e.Producer)
}

// fileNames lists the scenario's files in order.
func (f *File) fileNames() []string { return slices.Sorted(maps.Keys(f.Files)) }
