package tracedir

import (
	"trapline/internal/events"
	"trapline/internal/events/tracefs"
)

// noKprobes stands for kernel code where there is none: a definition that dynamic_events takes finds no symbol.
type noKprobes struct{}

var _ tracefs.Kprobes = noKprobes{}

func (noKprobes) Count(string) int                     { return 0 }
func (noKprobes) Address(string) (uint64, bool)        { return 0, false }
func (noKprobes) Lookup(uint64) (events.Symbol, bool)  { return events.Symbol{}, false }
func (noKprobes) Notrace(uint64) bool                  { return false }
func (noKprobes) ModuleLoaded(string) bool             { return false }
func (noKprobes) Register(*tracefs.Probe) events.Errno { return events.EINVAL }
func (noKprobes) Unregister(*tracefs.Probe)            {}
func (noKprobes) Enable(*tracefs.Probe) events.Errno   { return events.EINVAL }
func (noKprobes) Disable(*tracefs.Probe)               {}

// noUprobes stands for programs where there are none: no file is found.
type noUprobes struct{ tracefs.FilesOnly }

func (noUprobes) Stat(string) (events.File, events.Errno) { return events.File{}, events.ENOENT }
