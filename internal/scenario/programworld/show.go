package programworld

import (
	"cmp"
	"fmt"
	"strings"

	"trapline/internal/events/tracedir"
	"trapline/internal/format"
	"trapline/internal/linux"
	"trapline/internal/linux/mm"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// Show carries out the directives that only a Linux program has, and those
// that have another meaning for it.
func (w *World) Show(s *format.Step) (string, error) {
	switch s.Verb {
	case "tasks":
		return w.threadsText(), nil
	case "trace":
		return strings.Join(w.EventLines(), "\n"), nil
	case "profile":
		return w.events.ReadFile("uprobe_profile")
	case "output":
		return w.Output(), nil
	case "maps":
		return w.mapsText(), nil
	case "exit":
		return w.exitText(), nil
	}
	return w.Control(s)
}

// EventRecords implements world.Probed.
func (w *World) EventRecords() []tracedir.Record { return w.events.Records() }

func (w *World) exitText() string { return cmp.Or(w.Exit(), "runs") }

// mapsText lists the mappings of each process.
func (w *World) mapsText() string {
	var b strings.Builder
	pid := 0
	for _, m := range w.Mappings() {
		if m.PID != pid {
			pid = m.PID
			fmt.Fprintf(&b, "process %d (%s)\n", pid, m.Program)
		}
		digits := m.Arch.AddrDigits()
		fmt.Fprintf(&b, "%0*x-%0*x %s %s\n", digits, m.Start, digits, m.End, m.Prot, m.Name)
	}
	return b.String()
}

// Mapping is a run of a process's memory.
type Mapping struct {
	PID        int
	Program    string
	Arch       x86.Arch // of the address space
	Start, End uint64   // linear, End exclusive
	Prot       string   // as in /proc/PID/maps, such as "r-xp"
	Name       string   // PATH+0xOFFSET of a file, a name such as [stack], or ""
}

// Mappings lists the memory of the processes, by process and address.
func (w *World) Mappings() []Mapping {
	var list []Mapping
	for _, p := range w.Kernel.Processes() {
		for _, v := range p.MM().VMAs() {
			list = append(list, Mapping{p.PID, p.Name, p.MM().ABI(), v.Start, v.End, protText(v), w.mappingName(v)})
		}
	}
	return list
}

func protText(v *mm.VMA) string {
	s := []byte("---p")
	for i, bit := range []mm.Prot{mm.ProtRead, mm.ProtWrite, mm.ProtExec} {
		if v.Prot&bit != 0 {
			s[i] = "rwx"[i]
		}
	}
	if v.Shared {
		s[3] = 's'
	}
	return string(s)
}

func (w *World) mappingName(v *mm.VMA) string {
	if v.Inode == nil {
		return v.Name
	}
	path := "file"
	if w.programFile == (uprobes.FileID{Dev: v.Inode.Dev, Ino: v.Inode.Ino}) {
		path = w.File.Linux.Path
	}
	return fmt.Sprintf("%s+%#x", path, v.Off)
}

// threadsText shows where each thread is and what it waits for.
func (w *World) threadsText() string {
	var b strings.Builder
	for _, t := range w.Threads() {
		fmt.Fprintf(&b, "%s\n", t)
	}
	return b.String()
}

// ThreadState is a thread of a Linux program.
type ThreadState struct {
	TID, PID int
	Program  string
	CPU      int // -1: none
	At       string
	Waits    string // what for, or ""
}

func (t ThreadState) String() string {
	s := fmt.Sprintf("thread %d of process %d (%s)", t.TID, t.PID, t.Program)
	if t.CPU >= 0 {
		s += fmt.Sprintf(" on cpu%d", t.CPU)
	}
	s += " at " + t.At
	if t.Waits != "" {
		s += ", waits: " + t.Waits
	}
	return s
}

func (w *World) threadState(t *linux.Thread) ThreadState {
	p := t.Process()
	x := ThreadState{TID: t.TID, PID: p.PID, Program: p.Name, CPU: -1, At: w.Names.Addr(t.Core().RIP), Waits: t.Waits()}
	if c := t.CPU(); c != nil {
		x.CPU = c.ID
	}
	return x
}

// Threads lists the threads, by process and number.
func (w *World) Threads() []ThreadState {
	var list []ThreadState
	for _, p := range w.Kernel.Processes() {
		for _, t := range p.Threads() {
			list = append(list, w.threadState(t))
		}
	}
	return list
}

// Exit implements world.Shown.
func (w *World) Exit() string {
	if !w.Kernel.Done() {
		return ""
	}
	how, _ := w.Ending()
	return how
}

// Results: there are no calls.
func (*World) Results() []uint64 { return nil }
