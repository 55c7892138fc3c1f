package tracefs

import (
	"strings"

	"trapline/internal/events"
)

// delete obeys a line "-:[GRP/][EVENT] [PLACE [ARG…]]": every probe that it
// names goes, until one refuses (dyn_event_release()). "-:GRP/" names a whole
// group. dynamic_events also takes '!' before a definition's first word.
func (r *Registry) delete(f File, line string) events.Errno {
	words := events.SplitWords(line)
	head := words[0]
	name, ok := strings.CutPrefix(head, "-:")
	if !ok {
		if _, name, ok = strings.Cut(head, ":"); !ok || head[0] == '-' {
			return events.EINVAL
		}
	}
	group, event, grouped := strings.Cut(name, "/")
	if !grouped {
		group, event = "", name
		if event == "" {
			return events.EINVAL
		}
	}
	errno := events.ENOENT
	for _, p := range r.Probes() {
		if !f.lists(p.Kind) || event != "" && p.On.Name != event || grouped && p.On.Group != group ||
			!p.MatchWords(words[1:], r.cfg.HashPointer) {
			continue
		}
		if errno = r.release(p); errno != 0 {
			return errno
		}
	}
	return errno
}

// release deletes one probe. Only the last probe of an event is held by the
// event's being enabled; the others go at any time (SEMANTICS E4; unregister_trace_kprobe(),
// unregister_trace_uprobe()).
func (r *Registry) release(p *Probe) events.Errno {
	if len(p.On.Probes) == 1 && p.On.Enabled {
		return events.EBUSY
	}
	r.unregister(p)
	r.drop(p)
	return 0
}
