package events

import (
	"strings"

	"trapline/internal/x86"
)

// Options is the kernel that judges a line.
type Options struct {
	Arch    x86.Arch
	Release Release
	Symbols Symbols // for kprobe_events; required there
	Files   Files   // for uprobe_events; required there
	// HashPointer is what "%p" prints for an address, in default event names;
	// nil means [Arch.HashPointer].
	HashPointer func(addr uint64) uint64
}

// Symbols answers what a kernel's kallsyms would.
type Symbols interface {
	// Count tells how many symbols of kernel and modules bear the plain name.
	Count(name string) int
	// Address resolves KSYM or MOD:KSYM.
	Address(name string) (addr uint64, ok bool)
	// Lookup finds the symbol whose range holds the address.
	Lookup(addr uint64) (Symbol, bool)
}

// Symbol is one kernel symbol.
type Symbol struct {
	Name   string
	Addr   uint64
	Size   uint64 // bytes up to the next symbol
	Module string // "" for the kernel itself
}

// Files answers what a path lookup would, links followed.
type Files interface {
	// Stat finds the file; the number is ENOENT, ENOTDIR, EACCES, … when the
	// path leads nowhere, 0 when it leads to the file.
	Stat(path string) (File, Errno)
}

// File is a file that a path led to.
type File struct {
	ID      uint64 // the inode: equal for two paths to one file
	Regular bool
}

// Groups of events whose line names none.
const (
	DefaultKprobeGroup = "kprobes"
	DefaultUprobeGroup = "uprobes"
)

// probeParser is the state of one line.
type probeParser struct {
	opt  *Options
	kind Kind
	cmd  *Command
	// isReturn allows $retval, atEntry $argN. A kretprobe at an absolute
	// address has neither: 6.1 sets them for symbols only.
	isReturn bool
	atEntry  bool
}

// Parse judges a line of kprobe_events or uprobe_events, without its newline
// and comment (SEMANTICS E1). A blank line gives neither definition nor error. ECANCELED
// means that the line is none of this kind; the file then answers EINVAL,
// dynamic_events tries the other kind. Every error is an [*Error].
func Parse(kind Kind, line string, opt Options) (*Definition, error) {
	words := SplitWords(line)
	if len(words) == 0 {
		return nil, nil
	}
	subsystem := "trace_kprobe"
	if kind == Uprobe {
		subsystem = "trace_uprobe"
	}
	p := &probeParser{opt: &opt, kind: kind, cmd: &Command{Words: words, Subsystem: subsystem, Release: opt.Release}}
	d := &Definition{Kind: kind, Arch: opt.Arch, Release: opt.Release}
	switch words[0][0] {
	case 'p':
	case 'r':
		d.Return = true
	default:
		return nil, silent(ECANCELED, "a definition starts with 'p' or 'r', or '-:' to delete")
	}
	if len(words) < 2 {
		return nil, silent(ECANCELED, "the place to probe is missing")
	}
	var err *Error
	if kind == Uprobe {
		err = p.uprobe(d)
	} else {
		err = p.kprobe(d)
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// name sets group and event from [GRP/][EVENT], which stands pos bytes into
// the first word (traceprobe_parse_event_name()). "GRP/" leaves the event's
// name to the default.
func (p *probeParser) name(d *Definition, s string, pos int) *Error {
	event := s
	cut := strings.IndexByte(s, '/')
	if cut < 0 {
		cut = strings.IndexByte(s, '.')
	}
	if cut >= 0 {
		group := s[:cut]
		switch {
		case group == "":
			return p.cmd.Fail(EINVAL, NoGroupName, 0, pos)
		case len(group) > MaxName:
			return p.cmd.Fail(EINVAL, GroupTooLong, 0, pos)
		case !goodName(group, true):
			return p.cmd.Fail(EINVAL, BadGroupName, 0, pos)
		}
		d.Group, event = group, s[cut+1:]
		pos += cut + 1
	}
	switch {
	case event == "" && cut >= 0:
		return nil
	case event == "":
		return p.cmd.Fail(EINVAL, NoEventName, 0, pos)
	case len(event) > MaxName:
		return p.cmd.Fail(EINVAL, EventTooLong, 0, pos)
	case !goodName(event, false):
		return p.cmd.Fail(EINVAL, BadEventName, 0, pos)
	}
	d.Event = event
	return nil
}

// defaultName cuts a made-up event name to what the kernel's buffer holds.
// It is not checked against the rules for names.
func defaultName(s string) string { return s[:min(len(s), MaxName)] }
