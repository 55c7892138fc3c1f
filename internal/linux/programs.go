package linux

import (
	"fmt"
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/net"
)

// Program is one more program of a run: Config.Path's is the first.
type Program struct {
	Path string   // in FS, absolute or below Dir
	Args []string // argv; empty: Path
}

// When says when the next of several programs starts.
type When uint8

// Moments at which a program starts.
const (
	// WhenWaiting: every thread of the programs before it waits in the kernel.
	WhenWaiting When = iota
	// WhenListening: a socket listens, or else nothing could go on any more.
	WhenListening
	// AtOnce: at the start of the run.
	AtOnce
)

// WhenNames are the words for the moments, in their order.
var WhenNames = []string{"waits", "listens", "now"}

// String is the word for w.
func (w When) String() string { return WhenNames[w] }

// ParseWhen reads the word for a moment.
func ParseWhen(s string) (When, error) {
	if i := slices.Index(WhenNames, s); i >= 0 {
		return When(i), nil
	}
	return 0, fmt.Errorf("%q: expected waits, listens or now", s)
}

// MaxPrograms bounds the programs of a run.
const MaxPrograms = 16

// checkMore finds out whether the other programs of a run can be loaded.
func (k *Kernel) checkMore() error {
	if n := 1 + len(k.cfg.More); n > MaxPrograms {
		return fmt.Errorf("%d programs: expected at most %d", n, MaxPrograms)
	}
	for _, m := range k.cfg.More {
		prog, err := k.openProgram(k.cfg.Dir, absoluteIn(k.cfg.Dir, m.Path), m.Path, m.Args)
		if err != nil {
			return fmt.Errorf("%s: %w", m.Path, err)
		}
		k.closeFile(prog.file)
		if prog.interp != nil {
			k.closeFile(prog.interp.file)
		}
		if k.layoutOf(prog.image.Arch) == nil {
			return fmt.Errorf("%s: %w", m.Path, ErrOtherArch)
		}
	}
	return nil
}

// newProgram makes the process of a program of the run. Standard input is the last one's.
func (k *Kernel) newProgram() (*Process, *Thread) {
	p := k.newProcess(nil)
	p.fs, p.sigs = &fsState{users: 1, cwd: k.fs.Hold(k.cfg.Dir), umask: 0o22}, &handlers{users: 1}
	p.limits, p.attr = k.firstLimits(), firstAttributes()
	p.files = &fdTable{users: 1, max: k.cfg.Limits.Files}
	for fd, d := range []device{devStdin, devStdout, devStderr} {
		f := &File{refs: 1, flags: min(fd, 1), path: "/dev/" + []string{"stdin", "stdout", "stderr"}[fd], device: d}
		if d == devStdin && len(k.programs) < len(k.cfg.More) {
			f.device, f.path = devNull, "/dev/null"
		}
		p.files.add(f, 0, false)
	}
	k.programs = append(k.programs[:len(k.programs):len(k.programs)], p)
	return p, k.newThread(p, emu.NewContext(emu.Core{}))
}

// startNext starts the next program. One that cannot be loaded by now ends with status
// 127, as in a shell.
func (k *Kernel) startNext() {
	k.reaches = true
	k.micro(emu.Micro{Name: "kernel_execve", In: "run_init_process", Why: "the next program of the run starts"})
	m := k.cfg.More[len(k.programs)-1]
	if len(m.Args) == 0 {
		m.Args = []string{m.Path}
	}
	p, t := k.newProgram()
	prog, err := k.openProgram(k.cfg.Dir, absoluteIn(k.cfg.Dir, m.Path), m.Path, m.Args)
	if err == nil {
		if err = k.load(t, prog, k.cfg.Env); err == nil {
			k.changed()
			return
		}
	}
	if p.mm == nil {
		if p.mm, err = k.memory.New(k.m.Arch, false); err != nil {
			k.stop(BoundMemory)
			return
		}
	}
	const notRun = 127
	k.exitProcess(p, notRun<<8)
}

// moreToStart reports whether a program of the run has not started.
func (k *Kernel) moreToStart() bool { return len(k.programs) <= len(k.cfg.More) }

// startListening starts the next program if that is when a socket listens, and one does.
func (k *Kernel) startListening() {
	if k.cfg.When == WhenListening && k.moreToStart() &&
		slices.ContainsFunc(k.net.Sockets, func(s *net.Socket) bool { return s.State() == net.Listening }) {
		k.startNext()
	}
}

// startIdle starts the next program if nothing else happens before it does.
func (k *Kernel) startIdle() bool {
	if !k.moreToStart() || k.cfg.When == WhenListening && k.nextMoment() != never {
		return false
	}
	k.startNext()
	return true
}

// lastProgram is the program whose end is the run's, or nil while it has not started.
func (k *Kernel) lastProgram() *Process {
	if k.moreToStart() {
		return nil
	}
	return k.programs[len(k.programs)-1]
}

// Programs lists the processes of the run's programs that have started, in order.
func (k *Kernel) Programs() []*Process { return k.programs }

// Left lists the processes with threads that are none of the run's programs.
func (k *Kernel) Left() []*Process {
	var left []*Process
	for _, t := range k.threads {
		if !slices.Contains(k.programs, t.proc) && !slices.Contains(left, t.proc) {
			left = append(left, t.proc)
		}
	}
	return left
}

// Ended is how a process ended: its exit status, or the signal that killed it.
func (p *Process) Ended() (code, signal int, ok bool) {
	return p.status >> 8 & 0xff, p.status & 0x7f, p.isZombie()
}
