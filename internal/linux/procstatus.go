package linux

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
)

// What /proc/PID tells of the state of a process (proc(5)).

// letter is the state of the thread that p tells of, and its name.
func (p task) letter() (string, string) {
	t := p.first()
	switch {
	case t == nil: // the others go on perhaps
		return "Z", "zombie"
	case t.state == stateTraced && t.trace.stop != stopGroup:
		return "t", "tracing stop"
	case p.isStopped():
		return "T", "stopped"
	case t.state == stateRunning:
		return "R", "running"
	}
	return "S", "sleeping"
}

// escaped is a name in stat and status, where it must not end a line.
func escaped(name string) string { return strings.NewReplacer("\\", `\\`, "\n", `\n`).Replace(name) }

func (p *Process) parentPID() int {
	if p.parent == nil {
		return 1
	}
	return p.parent.PID
}

// tracerPID is the process that traces the thread; 0: none does.
func (p task) tracerPID() int {
	if t := p.first(); t != nil && t.trace.by != nil {
		return t.trace.by.proc.PID
	}
	return 0
}

// actions are the signals that a process ignores and catches.
func (p *Process) actions() (ignored, caught sigset) {
	for n := 1; n < len(p.sigs.act); n++ {
		switch p.sigs.act[n].handler {
		case abi.SIG_DFL:
		case abi.SIG_IGN:
			ignored |= bit(n)
		default:
			caught |= bit(n)
		}
	}
	return ignored, caught
}

// terminal is a process's controlling terminal as /proc shows it: its device, and the process group in the foreground.
func (p *Process) terminal() (device uint64, group int) {
	if p.tty == nil {
		return 0, -1
	}
	return slaveStat(p.tty).Rdev, p.tty.Group
}

// procStat is /proc/PID/stat.
func (k *Kernel) procStat(p task) string {
	k.readsClock()
	letter, _ := p.letter()
	device, group := p.terminal()
	size, rss := p.sizes()
	const tick = 10e6
	ran, signal := p.ran, p.exitSig
	for _, t := range p.thr {
		ran += t.ran
	}
	if p.thread != nil {
		ran = p.thread.ran
	}
	if p.id() != p.PID {
		signal = -1
	}
	f := map[int]any{1: p.id(), 2: "(" + escaped(p.name()) + ")", 3: letter, 4: p.parentPID(), 5: p.pgid, 6: p.sid, 7: device, 8: group, 14: ran / tick, 18: 20,
		20: max(1, len(p.thr)), 23: size, 24: rss, 25: ^uint64(0), 38: signal}
	if p.mm != nil {
		f[28], f[47], f[48], f[49] = p.mm.StartStack, p.mm.StartBrk, p.mm.ArgStart, p.mm.ArgEnd
	} else {
		f[52] = p.status
	}
	if first := p.first(); first != nil {
		ignored, caught := p.actions()
		const shown = 1<<31 - 1 // the standard signals
		f[18], f[19], f[40], f[41] = 20+first.sched.nice, first.sched.nice, first.sched.priority, first.sched.policy
		if first.sched.priority > 0 {
			f[18] = -1 - first.sched.priority
		}
		f[31], f[32], f[33], f[34] = first.sig.set&shown, first.blocked&shown, ignored&shown, caught&shown
	}
	list := make([]string, 52)
	for i := range list {
		list[i] = "0"
		if v, ok := f[i+1]; ok {
			list[i] = fmt.Sprint(v)
		}
	}
	return strings.Join(list, " ") + "\n"
}

// procStatus is /proc/PID/status. Of a process that has ended it lacks what it has of memory and threads.
func (k *Kernel) procStatus(p task) string {
	letter, word := p.letter()
	u, g, groups := p.cred.uid, p.cred.gid, ""
	for _, n := range p.cred.groups {
		groups += fmt.Sprint(n, " ")
	}
	var b strings.Builder
	line := func(name, format string, values ...any) { fmt.Fprintf(&b, name+":\t"+format+"\n", values...) }
	line("Name", "%s", escaped(p.name()))
	if p.fs != nil {
		line("Umask", "%04o", p.fs.umask)
	}
	line("State", "%s (%s)", letter, word)
	line("Tgid", "%d", p.PID)
	line("Ngid", "0")
	line("Pid", "%d", p.id())
	line("PPid", "%d", p.parentPID())
	line("TracerPid", "%d", p.tracerPID())
	line("Uid", "%d\t%d\t%d\t%d", u.real, u.eff, u.saved, u.fs)
	line("Gid", "%d\t%d\t%d\t%d", g.real, g.eff, g.saved, g.fs)
	line("FDSize", "%d", p.tableSize())
	line("Groups", "%s", cmp.Or(groups, " "))
	line("NStgid", "%d", p.PID)
	line("NSpid", "%d", p.id())
	line("NSpgid", "%d", p.pgid)
	line("NSsid", "%d", p.sid)
	if p.mm != nil {
		size, rss := p.mm.Sizes()
		for _, l := range []struct {
			name  string
			bytes uint64
		}{{"VmPeak", size}, {"VmSize", size}, {"VmLck", p.mm.Locked()}, {"VmPin", 0}, {"VmHWM", rss * emu.PageSize}, {"VmRSS", rss * emu.PageSize}, {"VmData", p.mm.Total(true)}, {"VmSwap", 0}} {
			line(l.name, "%8d kB", l.bytes>>10)
		}
	}
	line("Threads", "%d", max(1, len(p.thr)))
	first := p.first()
	if first != nil {
		line("SigPnd", "%016x", uint64(first.sig.set))
	}
	pending := p.pend.set
	if p.isZombie() && p.status == abi.SIGKILL { // nobody takes it (complete_signal())
		pending |= bit(abi.SIGKILL)
	}
	line("ShdPnd", "%016x", uint64(pending))
	if first != nil {
		line("SigBlk", "%016x", uint64(first.blocked))
	}
	ignored, caught := p.actions()
	line("SigIgn", "%016x", uint64(ignored))
	line("SigCgt", "%016x", uint64(caught))
	have := p.caps()
	line("CapInh", "%016x", have.inheritable)
	line("CapPrm", "%016x", have.permitted)
	line("CapEff", "%016x", have.effective)
	privileges := 0
	if p.attr.noNewPrivs {
		privileges = 1
	}
	line("NoNewPrivs", "%d", privileges)
	line("Seccomp", "0")
	if first != nil {
		allowed := first.sched.allowed
		if allowed == 0 {
			allowed = 1<<len(k.m.CPUs) - 1
		}
		line("Cpus_allowed", "%x", allowed)
		line("Cpus_allowed_list", "%s", cpuList(allowed))
	}
	line("Mems_allowed_list", "0")
	return b.String()
}

// cpuList is a set of CPUs as the kernel lists them (%*pbl).
func cpuList(set uint64) string {
	var parts []string
	for first := 0; set>>first != 0; first++ {
		if set>>first&1 == 0 {
			continue
		}
		last := first
		for set>>(last+1)&1 != 0 {
			last++
		}
		if part := fmt.Sprint(first); last == first {
			parts = append(parts, part)
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", first, last))
		}
		first = last
	}
	return strings.Join(parts, ",")
}

// tableSize is for how many descriptors a table has room: 64 in it, else a power of two of them.
func (p *Process) tableSize() int {
	if p.files == nil {
		return 0
	}
	size := 64
	for size < len(p.files.fds) {
		size *= 2
	}
	return size
}

// limitNames are the names and units of limits in /proc/PID/limits.
var limitNames = [abi.RLIM_NLIMITS]struct{ name, unit string }{
	abi.RLIMIT_CPU: {"Max cpu time", "seconds"}, abi.RLIMIT_FSIZE: {"Max file size", "bytes"}, abi.RLIMIT_DATA: {"Max data size", "bytes"},
	abi.RLIMIT_STACK: {"Max stack size", "bytes"}, abi.RLIMIT_CORE: {"Max core file size", "bytes"}, abi.RLIMIT_RSS: {"Max resident set", "bytes"},
	abi.RLIMIT_NPROC: {"Max processes", "processes"}, abi.RLIMIT_NOFILE: {"Max open files", "files"}, abi.RLIMIT_MEMLOCK: {"Max locked memory", "bytes"},
	abi.RLIMIT_AS: {"Max address space", "bytes"}, abi.RLIMIT_LOCKS: {"Max file locks", "locks"}, abi.RLIMIT_SIGPENDING: {"Max pending signals", "signals"},
	abi.RLIMIT_MSGQUEUE: {"Max msgqueue size", "bytes"}, abi.RLIMIT_NICE: {"Max nice priority", ""}, abi.RLIMIT_RTPRIO: {"Max realtime priority", ""},
	abi.RLIMIT_RTTIME: {"Max realtime timeout", "us"},
}

func (p *Process) limitsText() string {
	var b strings.Builder
	line := func(name, soft, hard, unit string) { fmt.Fprintf(&b, "%-25s %-20s %-20s %s\n", name, soft, hard, unit) }
	line("Limit", "Soft Limit", "Hard Limit", "Units     ")
	value := func(v uint64) string {
		if v == noLimit {
			return "unlimited"
		}
		return fmt.Sprint(v)
	}
	for i, l := range limitNames {
		unit := l.unit
		if unit != "" {
			unit = fmt.Sprintf("%-10s", unit)
		}
		line(l.name, value(p.limits[i].now), value(p.limits[i].most), unit)
	}
	return b.String()
}
