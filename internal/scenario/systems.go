package scenario

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/kprobes/props"
	"trapline/internal/sched"
)

// Systems makes the systems of one search of a scenario: its machine, judged
// by the properties of its check.
type Systems struct {
	ctx       context.Context
	end       context.CancelFunc
	file      *File
	options   Options
	sum       sched.Checksum
	words     []string // of its schedules
	oneWorker bool
	textWhy   string // why kernel text is searched that nobody asked for, or ""
	name      func(uint64) string
}

// ErrNoLines is returned for a search by lines of C where there are none.
var ErrNoLines = errors.New("a grain of lines needs kernel text in C, which this search does not run")

// NewSystems prepares a search. It goes without kernel text unless the engine,
// a probe, an interrupt or a condition needs it, or the options ask for it
// (Options.KernelText).
func NewSystems(ctx context.Context, f *File, o Options) (*Systems, error) {
	text := f.World().HasKernelText()
	if text && !engines.Direct(cmp.Or(o.Engine, f.Machine.Engine)) {
		o.KernelText = true
	}
	if why := f.searchable(o); why != "" {
		return nil, fmt.Errorf("%w: %s: %s", ErrNotPossible, f.Name, why)
	}
	s := &Systems{file: f, options: o}
	if why := looksIntoSteps(f); text && !o.KernelText {
		s.options.KernelText, s.textWhy = why != "", why
	}
	s.options.need = &textNeed{}
	s.ctx, s.end = context.WithCancel(ctx)
	s.options.base = newBaseline(s.ctx, f)
	s.options.Direct = !s.options.KernelText
	r, err := Open(ctx, f, s.options)
	if err != nil {
		s.end()
		return nil, err
	}
	defer r.Close()
	if why := r.hiddenByMicroSteps(); why != "" && s.options.Direct {
		s.options.KernelText, s.options.Direct, s.textWhy = true, false, why
	}
	o.KernelText = s.options.KernelText
	if o.Grain == explore.WholeLines && (!o.KernelText || !text) {
		s.end()
		return nil, fmt.Errorf("engine %s, %s: %w", r.Engine(), f.Name, ErrNoLines)
	}
	s.sum, s.words = r.Checksum(), r.wordsFrom(len(r.Machine.CPUs)+len(r.free()))
	s.options.Engine = r.Engine()
	s.oneWorker = r.world.OneWorker()
	s.name = r.world.PlaceName
	return s, nil
}

// Jobs is how many of n workers can share the search: one where snapshots of
// the event files are of no use to another machine.
func (s *Systems) Jobs(n int) int {
	if s.oneWorker {
		return 1
	}
	return n
}

// Checksum is that of the schedules that the search finds.
func (s *Systems) Checksum() sched.Checksum { return s.sum }

// Words are what those schedules call actors: see Run.Words.
func (s *Systems) Words() []string { return s.words }

// Options are those of the runs that the search makes.
func (s *Systems) Options() Options { return s.options }

// New makes a system; the search closes it.
func (s *Systems) New() (explore.System, error) {
	r, err := Open(s.ctx, s.file, s.options)
	if err != nil {
		return nil, err
	}
	return r.system(), nil
}

// Settle adds to a report under which memory model it holds, and what could not
// be judged.
func (s *Systems) Settle(r *explore.Report) {
	r.Model = modelOf(s.file)
	if why := s.unjudged(); why != "" {
		r.Unjudge(why)
	}
}

// unjudged says what could not be judged so far, or "".
func (s *Systems) unjudged() string {
	if n, why := s.options.base.ref.Undecided(); n > 0 {
		return undecided(why)
	}
	if why := s.options.need.String(); why != "" {
		return why + ", and micro-steps leave kernel text out: --kernel-text has it"
	}
	return ""
}

// undecided says that transparency could not be judged.
func undecided(why string) string {
	return props.Transparency + " is not decided, because " + why
}

// Close ends what the systems share: the search for the ends without probes.
func (s *Systems) Close() { s.end() }

// system makes a system to search of the run as it is now, which the system owns from
// then on.
func (r *Run) system() explore.System {
	r.Machine.Quiet = true
	r.world.HashCounts(r.deciding())
	observe := r.observe
	if n := r.Options.need; n != nil && r.Options.Direct {
		observe = func(ev *emu.Event) { r.observe(ev); r.noteTextWrites(n, ev) }
	}
	return r.world.System(explore.MachineConfig{Observe: observe, Properties: r.checks, Interrupts: r.actors(), Close: r.Close})
}
