package linux

import (
	"fmt"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// call is one system call as the thread made it.
type call struct {
	nr     int
	arg    [6]uint64
	compat bool // 32-bit layouts: int 0x80, whatever the program
}

// int is argument i as the C type int.
func (c *call) int(i int) int { return int(int32(c.arg[i])) }

// fd is argument i as a descriptor or AT_FDCWD.
func (c *call) fd(i int) int { return c.int(i) }

// word is the size of a C long in the call's layouts.
func (c *call) word() int {
	if c.compat {
		return 4
	}
	return 8
}

// pair joins two 32-bit arguments to a 64-bit one.
func (c *call) pair(i int) uint64 { return c.arg[i]&0xffffffff | c.arg[i+1]<<32 }

// handler runs a call; see errno.go for results that are no values.
type handler func(k *Kernel, t *Thread, c *call) int64

// Register order of arguments (syscall(2)).
var (
	argRegs64 = [6]x86.Reg{x86.RDI, x86.RSI, x86.RDX, x86.R10, x86.R8, x86.R9}
	argRegs32 = [6]x86.Reg{x86.RBX, x86.RCX, x86.RDX, x86.RSI, x86.RDI, x86.RBP}
)

// enter begins the system call that t's registers describe.
func (k *Kernel) enter(t *Thread, compat bool) {
	core := t.Core()
	t.call = call{nr: int(int32(core.GPR[x86.RAX])), compat: compat}
	t.orig = core.GPR[x86.RAX]
	t.readArgs()
	t.inCall, t.progress, t.messages, t.expiry, t.kept = true, 0, 0, t.kept, 0
	if !lockless[t.call.name()] {
		k.drain()
	}
	k.entered = true
	k.timers()
	if t.stopAtEntry() {
		return
	}
	if r := k.dispatch(t, &t.call); r != resultBlock {
		k.finish(t, r)
	} else if k.tells() {
		k.note(NoteCall, "%s() waits", t.call.name())
	}
	k.reaches = k.reaches || k.telling && !k.calledAlone(t)
}

// lookup finds a call's description, or nil.
func lookup(c *call) *spec {
	table := tableOf(!c.compat)
	if c.nr < 0 || c.nr >= len(table) {
		return nil
	}
	return table[c.nr]
}

// dispatch runs a call for the first time or again.
func (k *Kernel) dispatch(t *Thread, c *call) int64 {
	s := lookup(c)
	if s == nil || s.run == nil {
		return resultUnknown
	}
	k.caller = t.proc
	defer func() { k.caller = nil }()
	return s.run(k, t, c)
}

// name is the call's name, or its number where Linux has none.
func (c *call) name() string { return callName(!c.compat, c.nr) }

func callName(wide bool, nr int) string {
	if name := abi.CallName(wide, nr); name != "" {
		return name
	}
	return fmt.Sprintf("syscall_%#x", nr)
}

// finish gives a call's result to the thread.
func (k *Kernel) finish(t *Thread, r int64) {
	if k.tells() {
		k.note(NoteCall, "%v", k.record(t, r))
	}
	if r == resultUnknown {
		k.unknown[unknownCall{t.call.compat, t.call.nr}]++
		r = -ENOSYS
	}
	if k.cfg.OnCall != nil {
		k.cfg.OnCall(k.record(t, r))
	}
	if r != resultNone {
		t.setResult(r)
	}
	if t.trace.by != nil {
		t.callEnds()
	}
}

// CallRecord describes one system call that ended.
type CallRecord struct {
	PID, TID int
	Number   int
	Name     string // as "syscall_0x1ff" where Linux has none
	Args     []string
	Value    int64 // the result
	Errno    abi.Errno
	NoValue  bool // the call does not return: execve, sigreturn, exit
}

// String is the record much as strace(1) prints it; flags are numbers.
func (r CallRecord) String() string {
	s := r.Name + "(" + strings.Join(r.Args, ", ") + ")"
	switch {
	case r.NoValue:
		return s + " = ?"
	case r.Errno != 0:
		return fmt.Sprintf("%s = -1 %s (%s)", s, r.Errno.Name(), r.Errno)
	case r.Value < 0 || r.Value > 1<<20:
		return fmt.Sprintf("%s = %#x", s, uint64(r.Value))
	}
	return fmt.Sprintf("%s = %d", s, r.Value)
}

func (k *Kernel) record(t *Thread, r int64) CallRecord {
	c := &t.call
	rec := CallRecord{PID: t.proc.PID, TID: t.TID, Number: c.nr, Name: c.name(), Value: r, NoValue: r == resultNone}
	args := "xxx"
	if s := lookup(c); s != nil {
		args = s.args
	}
	if r < 0 && r >= -abi.MaxErrno {
		rec.Errno = abi.Errno(-r)
	}
	for i := range min(len(args), len(c.arg)) {
		rec.Args = append(rec.Args, k.formatArg(t, c, args[i], i))
	}
	return rec
}

// formatArg prints one argument: d int, u unsigned, x hexadecimal, o octal, s
// string, b buffer whose length is the next argument.
func (k *Kernel) formatArg(t *Thread, c *call, kind byte, i int) string {
	v := c.arg[i]
	switch kind {
	case 'd':
		return fmt.Sprint(int32(v))
	case 'u':
		return fmt.Sprint(v)
	case 'o':
		return fmt.Sprintf("%#o", v)
	case 's', 'b':
		return k.formatText(t, c, kind, i)
	}
	if v == 0 { // a pointer, or flags: the same letter
		return "NULL"
	}
	return fmt.Sprintf("%#x", v)
}

func (k *Kernel) formatText(t *Thread, c *call, kind byte, i int) string {
	const shown = 32
	mm := t.proc.mm
	if mm == nil {
		return fmt.Sprintf("%#x", c.arg[i])
	}
	if kind == 's' {
		if s, ok := mm.PeekString(c.arg[i], maxPath); ok {
			return fmt.Sprintf("%q", s)
		}
		return fmt.Sprintf("%#x", c.arg[i])
	}
	n := min(c.arg[i+1], shown)
	b := make([]byte, n)
	if mm.Space().Peek(c.arg[i], b) < len(b) {
		return fmt.Sprintf("%#x", c.arg[i])
	}
	if c.arg[i+1] > shown {
		return fmt.Sprintf("%q...", b)
	}
	return fmt.Sprintf("%q", b)
}
