package tracefs

import (
	"fmt"
	"strings"

	"trapline/internal/events"
)

// Counts is what an engine counted for a probe: hits are counted even when
// tracing is off or a filter drops the record; misses only kernel probes have.
type Counts struct{ Hits, Missed uint64 }

// KprobeProfile is the file kprobe_profile: event name, hits, misses, a line
// per probe (SEMANTICS E6).
func (r *Registry) KprobeProfile(count func(*Probe) Counts) string {
	var b strings.Builder
	for _, p := range r.probes {
		if p.Kind == events.Kprobe {
			c := count(p)
			fmt.Fprintf(&b, "  %-44s %15d %15d\n", p.On.Name, c.Hits, c.Missed)
		}
	}
	return b.String()
}

// UprobeProfile is the file uprobe_profile: path, event name, hits.
func (r *Registry) UprobeProfile(count func(*Probe) Counts) string {
	var b strings.Builder
	for _, p := range r.probes {
		if p.Kind == events.Uprobe {
			fmt.Fprintf(&b, "  %s %-44s %15d\n", p.Path, p.On.Name, count(p).Hits)
		}
	}
	return b.String()
}
