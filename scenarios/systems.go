package scenarios

import (
	"context"

	"trapline/emu/explore"
	"trapline/emu/sched"
)

// Systems makes the systems of one search of a scenario: its machine, judged
// by the properties of its check.
type Systems struct {
	ctx     context.Context
	file    *File
	options Options
	base    baseline
	sum     sched.Checksum
	events  bool // there are event files
}

// NewSystems prepares a search. It goes without kernel text unless the engine
// or the probes need it, or the options ask for it (Options.KernelText).
func NewSystems(ctx context.Context, f *File, o Options) (*Systems, error) {
	s := &Systems{ctx: ctx, file: f, options: o}
	s.options.base = &s.base
	s.options.Direct = !o.KernelText
	r, err := Open(ctx, f, s.options)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	s.sum = r.Checksum()
	s.options.Engine = r.Engine()
	s.events = r.Tracing != nil
	return s, nil
}

// Jobs is how many of n workers can share the search: snapshots of a Linux
// program, and of event files, are of no use to another machine.
func (s *Systems) Jobs(n int) int {
	if s.file.Linux != nil || s.events {
		return 1
	}
	return n
}

// Checksum is that of the schedules that the search finds.
func (s *Systems) Checksum() sched.Checksum { return s.sum }

// Options are those of the runs that the search makes.
func (s *Systems) Options() Options { return s.options }

// New makes a system; the search closes it.
func (s *Systems) New() (explore.System, error) {
	r, err := Open(s.ctx, s.file, s.options)
	if err != nil {
		return nil, err
	}
	return r.world.system(), nil
}

// Close frees what the systems shared.
func (s *Systems) Close() { s.base.close() }
