package linux

import (
	"maps"
	"slices"

	"trapline/internal/linux/abi"
)

// Support is how much of a system call there is.
type Support uint8

// Kinds of support.
const (
	SupportFull     Support = iota // as a kernel has it
	SupportPartial                 // the note says what is not
	SupportNoEffect                // it checks its arguments and does nothing, and that is all there is to see; the note says why
	SupportAbsent                  // refused as by a kernel that was built without it; the note says how programs go on
	SupportMissing                 // not there: answered ENOSYS, and the run's Result names it
)

var supportNames = [...]string{"full", "partial", "no visible effect", "absent", "missing"}

// String is "full", "partial", "no visible effect", "absent" or "missing".
func (s Support) String() string { return supportNames[s] }

// MarshalText is String, for JSON.
func (s Support) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// supported says how much of a call there is, beside its handler.
type supported struct {
	level Support
	note  string // a sentence without a capital and a full stop; of SupportFull none
}

var full = supported{}

// partial: note is what is not there, and what the program gets instead.
func partial(note string) supported { return supported{SupportPartial, note} }

// noEffect: note says why nothing that happens could be seen.
func noEffect(note string) supported { return supported{SupportNoEffect, note} }

// absent: note says how programs go on without.
func absent(note string) supported { return supported{SupportAbsent, note} }

// spec describes a system call: its name, how its arguments are printed (one
// letter each, see formatArg), what it does, and how much of it there is.
type spec struct {
	name string
	args string
	run  handler
	supported
}

// callGroup is the calls of one subject. The layouts of those that both
// architectures have follow the call's ABI.
type callGroup struct {
	subject string
	both    []spec // both architectures have them, under one name and with one meaning
	only64  []spec // x86-64 only, or with a meaning of its own there
	only32  []spec // i386 only, or with a meaning of its own there
}

// callGroups are all calls that there are. Their numbers are in abi.CallNumber.
var callGroups = []*callGroup{
	&callsOfFiles, &callsOfTree, &callsOfWaiting, &callsOfSockets, &callsOfMemory, &callsOfSignals, &callsOfProcesses, &callsOfScheduling, &callsOfUsers,
	&callsOfTime, &callsOfIPC,
}

// of lists the calls of an architecture.
func (g *callGroup) of(wide bool) [][]spec {
	if wide {
		return [][]spec{g.both, g.only64}
	}
	return [][]spec{g.both, g.only32}
}

// table64 and table32 are the calls by number, nil where there is none. They
// are filled once at start-up: the handlers refer back to them for records.
var table64, table32 []*spec

func init() { table64, table32 = makeTable(true), makeTable(false) }

func makeTable(wide bool) []*spec {
	t := make([]*spec, abi.Calls(wide))
	for _, g := range callGroups {
		for _, list := range g.of(wide) {
			for i := range list {
				t[abi.CallNumber(wide, list[i].name)] = &list[i]
			}
		}
	}
	return t
}

// CallInfo says of a system call how much of it there is.
type CallInfo struct {
	Name    string  `json:"name"`
	Subject string  `json:"subject,omitempty"` // of one that is there, such as "Signals"
	AMD64   int     `json:"amd64"`             // its number in 64-bit programs; -1: none
	I386    int     `json:"i386"`              // and in 32-bit ones
	Support Support `json:"support"`
	Note    string  `json:"note,omitempty"`    // what is not there, or why it does nothing
	NotIn61 bool    `json:"notIn61,omitempty"` // Linux 6.1 answers ENOSYS too: it has the number only, or a later kernel has the call
}

// Calls lists every system call that Linux has: those that are there by subject, then
// those that are missing by name. Calls of one name that the architectures have
// in two ways are two.
func Calls() []CallInfo {
	var list []CallInfo
	for _, g := range callGroups {
		for i, specs := range [][]spec{g.both, g.only64, g.only32} {
			for _, s := range specs {
				c := CallInfo{Name: s.name, Subject: g.subject, AMD64: -1, I386: -1, Support: s.level, Note: s.note}
				if i != 2 {
					c.AMD64 = abi.CallNumber(true, s.name)
				}
				if i != 1 {
					c.I386 = abi.CallNumber(false, s.name)
				}
				list = append(list, c)
			}
		}
	}
	return append(list, missingCalls()...)
}

// missingCalls are the calls that no handler has, by name.
func missingCalls() []CallInfo {
	byName := map[string]*CallInfo{}
	for _, wide := range []bool{true, false} {
		table := tableOf(wide)
		for nr, s := range table {
			name := abi.CallName(wide, nr)
			if s != nil || name == "" {
				continue
			}
			c := byName[name]
			if c == nil {
				c = &CallInfo{Name: name, AMD64: -1, I386: -1, Support: SupportMissing, NotIn61: true}
				byName[name] = c
			}
			c.NotIn61 = c.NotIn61 && !abi.HasCall(wide, nr)
			if wide {
				c.AMD64 = nr
			} else {
				c.I386 = nr
			}
		}
	}
	var list []CallInfo
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, *byName[name])
	}
	return list
}

func tableOf(wide bool) []*spec {
	if wide {
		return table64
	}
	return table32
}
