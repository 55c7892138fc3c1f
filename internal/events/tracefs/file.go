package tracefs

import (
	"bytes"
	"errors"
	"strings"

	"trapline/internal/events"
)

// File is one of the files that take definitions.
type File uint8

const (
	KprobeEvents  File = iota // kprobe_events
	UprobeEvents              // uprobe_events
	DynamicEvents             // dynamic_events: both kinds
)

// String is the file's name.
func (f File) String() string {
	return [...]string{"kprobe_events", "uprobe_events", "dynamic_events"}[f]
}

// kinds are the kinds of probes the file takes, in the order in which
// dynamic_events tries them.
func (f File) kinds() []events.Kind {
	switch f {
	case KprobeEvents:
		return []events.Kind{events.Kprobe}
	case UprobeEvents:
		return []events.Kind{events.Uprobe}
	}
	return []events.Kind{events.Kprobe, events.Uprobe}
}

func (f File) lists(k events.Kind) bool {
	return f == DynamicEvents || f == UprobeEvents == (k == events.Uprobe)
}

// MaxWrite is the bytes that the kernel takes of a write at a time
// (WRITE_BUFSIZE). A line with its newline must be shorter.
const MaxWrite = 4096

// Truncate is what opening the file for writing with O_TRUNC does (SEMANTICS
// E4): it deletes all of its events, or none and gives EBUSY when one of them is
// enabled.
func (r *Registry) Truncate(f File) error {
	for _, p := range r.probes {
		if f.lists(p.Kind) && p.On.Enabled {
			return events.EBUSY
		}
	}
	for _, p := range r.Probes() {
		if !f.lists(p.Kind) {
			continue
		}
		if errno := r.release(p); errno != 0 {
			return errno
		}
	}
	return nil
}

// Write is one write(2) of lines to the file. The lines before a bad one
// have taken effect, the bad one's error is the result, and those behind it
// are not looked at. The error is an [*events.Error], which error_log has got
// too, or an [events.Errno]. '#' starts a comment; a NUL ends what is seen of
// a line (trace_parse_run_command()).
func (r *Registry) Write(f File, data []byte) error {
	for len(data) > 0 {
		chunk := data[:min(len(data), MaxWrite-1)]
		used := 0
		for used < len(chunk) {
			line, size, whole := nextLine(chunk[used:])
			if !whole && used+size < len(data) {
				if used > 0 {
					break
				}
				r.printk("Line length is too long: Should be less than %d", MaxWrite-2)
				return events.EINVAL
			}
			used += size
			if err := r.run(f, line); err != nil {
				return err
			}
		}
		data = data[used:]
	}
	return nil
}

// nextLine cuts a line off. size counts its newline; whole is false when it
// has none.
func nextLine(b []byte) (line string, size int, whole bool) {
	text := b
	if i := bytes.IndexByte(text, 0); i >= 0 {
		text = text[:i]
	}
	i := bytes.IndexByte(text, '\n')
	if i < 0 {
		return string(text), len(text), false
	}
	return string(text[:i]), i + 1, true
}

// run obeys one line.
func (r *Registry) run(f File, line string) error {
	line, _, _ = strings.Cut(line, "#")
	if strings.HasPrefix(line, "-") || f == DynamicEvents && strings.HasPrefix(line, "!") {
		if errno := r.delete(f, line); errno != 0 {
			return errno
		}
		return nil
	}
	for _, kind := range f.kinds() {
		err := r.create(kind, line)
		if !errors.Is(err, events.ECANCELED) {
			return err
		}
	}
	return &events.Error{Errno: events.EINVAL, Reason: "the line defines no " + f.noun()}
}

func (f File) noun() string {
	if f == DynamicEvents {
		return "probe"
	}
	return f.kinds()[0].String()
}
