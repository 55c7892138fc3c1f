package linux

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
)

// Files about processes, below /proc/PID. Of a process that has ended there is what does not need its memory.

// task is whose a directory below /proc is: a process, and of a directory below its task the thread. A process's own tells of
// its first thread, and sums up where all of them count.
type task struct {
	*Process
	thread *Thread
}

// first is the thread that the directory tells of; nil: it has ended.
func (p task) first() *Thread {
	if p.thread != nil {
		return p.thread
	}
	for _, t := range p.thr {
		if t.TID == p.PID {
			return t
		}
	}
	return nil
}

// id is the number of the thread or process.
func (p task) id() int {
	if p.thread != nil {
		return p.thread.TID
	}
	return p.PID
}

// name is what /proc/PID/comm has.
func (p task) name() string {
	if p.thread != nil {
		return p.thread.Name()
	}
	return p.Name
}

// procOf takes a path below a process's or thread's directory apart: whose it is, and the rest.
func (k *Kernel) procOf(t *Thread, p string) (task, string, bool) {
	rest, ok := strings.CutPrefix(p, "/proc/")
	if !ok {
		return task{}, "", false
	}
	if rest == "net" || strings.HasPrefix(rest, "net/") { // a link
		rest = "self/" + rest
	}
	who, rest, _ := strings.Cut(rest, "/")
	proc := t.proc
	if who != "self" && who != "thread-self" {
		id, err := strconv.Atoi(who)
		if err != nil || k.procs[id] == nil {
			return task{}, "", false
		}
		proc = k.procs[id]
	}
	below, isThread := strings.CutPrefix(rest, "task/")
	if !isThread {
		return task{Process: proc}, rest, true
	}
	who, rest, _ = strings.Cut(below, "/")
	id, err := strconv.Atoi(who)
	i := slices.IndexFunc(proc.thr, func(t *Thread) bool { return t.TID == id })
	if err != nil || i < 0 || rest == "task" || strings.HasPrefix(rest, "task/") {
		return task{}, "", false
	}
	return task{proc, proc.thr[i]}, rest, true
}

// processFile opens a file or directory about a process; nil: there is none of the name. Some are for those only who
// may look into the process: EACCES.
func (k *Kernel) processFile(t *Thread, p task, name string) (*File, int64) {
	if s, ok := k.openText(p, name); ok {
		return textFile(s), 0
	}
	if of, ok := strings.CutPrefix(name, "net/"); ok {
		if s, ok := k.net.ProcFile(of, k.user().UID, k.m.Arch.Word()); ok {
			return textFile(s), 0
		}
	}
	fd, isInfo := strings.CutPrefix(name, "fdinfo/")
	switch {
	case name == "":
		return &File{device: devList, proc: p.Process, entries: processList(p.thread != nil)}, 0
	case name == "comm":
		return &File{device: devName, proc: p.Process, tid: p.id()}, 0
	case name == "net":
		return &File{device: devList, entries: listOf(abi.DT_REG, net.ProcFiles()...)}, 0
	case name == "task":
		var ids []string
		for _, t := range p.thr {
			ids = append(ids, fmt.Sprint(t.TID))
		}
		return &File{device: devList, entries: listOf(abi.DT_DIR, ids...)}, 0
	case name == "maps" && p.mm == nil:
		return textFile(""), 0
	case !isInfo && !slices.Contains([]string{"fd", "fdinfo", "maps", "mem", "auxv", "environ"}, name):
		return nil, 0
	case !k.mayLook(t, p.Process) || p.mm == nil && name != "fdinfo" && !isInfo && !k.privileged():
		return nil, -EACCES
	}
	switch {
	case isInfo:
		return k.descriptorInfo(p, fd), 0
	case name == "fd":
		return &File{device: devList, entries: listOf(abi.DT_LNK, p.descriptors()...)}, 0
	case name == "fdinfo":
		return &File{device: devList, entries: listOf(abi.DT_REG, p.descriptors()...)}, 0
	case p.mm == nil:
		return textFile(""), 0
	}
	mm := p.mm
	switch name {
	case "maps":
		return textFile(mm.Maps()), 0
	case "mem":
		return &File{device: devMem, mem: mm}, 0
	case "auxv":
		return &File{device: devText, text: mm.Auxv}, 0
	}
	b := make([]byte, mm.EnvEnd-mm.ArgEnd)
	return &File{device: devText, text: b[:mm.ReadForced(mm.ArgEnd, b)]}, 0
}

// processList are the entries of a process's or a thread's directory.
func processList(ofThread bool) []dirEntry {
	list := listOf(abi.DT_REG, "auxv", "cgroup", "cmdline", "comm", "environ", "limits", "maps", "mem", "mountinfo", "mounts", "oom_adj", "oom_score", "oom_score_adj",
		"loginuid", "sessionid", "stat", "statm", "status")
	for kind, names := range map[byte][]string{abi.DT_DIR: {"fd", "fdinfo", "net", "task"}, abi.DT_LNK: {"cwd", "exe", "root"}} {
		list = append(list, listOf(kind, names...)[2:]...)
	}
	if ofThread {
		list = slices.DeleteFunc(list, func(e dirEntry) bool { return e.name == "task" })
	}
	slices.SortFunc(list, func(a, b dirEntry) int { return strings.Compare(a.name, b.name) })
	return list
}

// openText is the text of a file that everybody may read, or false.
func (k *Kernel) openText(p task, name string) (string, bool) {
	switch name {
	case "stat":
		return k.procStat(p), true
	case "statm":
		size, rss := p.sizes()
		return fmt.Sprintf("%d %d 0 0 0 %d 0\n", size/emu.PageSize, rss, size/emu.PageSize), true
	case "status":
		return k.procStatus(p), true
	case "limits":
		return p.limitsText(), true
	case "cmdline":
		if p.mm == nil {
			return "", true
		}
		b := make([]byte, p.mm.ArgEnd-p.mm.ArgStart)
		return string(b[:p.mm.ReadForced(p.mm.ArgStart, b)]), true
	case "oom_score_adj", "oom_score", "oom_adj", "sessionid", "loginuid":
		return "0\n", true
	case "cgroup":
		return "0::/\n", true
	case "mounts":
		return mountsText, true
	case "mountinfo":
		return "1 0 0:42 / / rw - tmpfs tmpfs rw\n2 1 0:5 / /proc rw - proc proc rw\n", true
	}
	return "", false
}

// sizes are the bytes that are mapped and the pages that are there.
func (p *Process) sizes() (bytes, pages uint64) {
	if p.mm == nil {
		return 0, 0
	}
	return p.mm.Sizes()
}

// descriptors lists those that are open.
func (p *Process) descriptors() []string {
	var list []string
	if p.files != nil {
		for fd, d := range p.files.fds {
			if d.file != nil {
				list = append(list, fmt.Sprint(fd))
			}
		}
	}
	return list
}

// descriptorInfo is /proc/PID/fdinfo/FD, or nil.
func (k *Kernel) descriptorInfo(p task, name string) *File {
	fd, err := strconv.Atoi(name)
	if err != nil || p.files == nil || p.files.get(fd) == nil {
		return nil
	}
	f := p.files.get(fd)
	flags := f.flags
	if p.files.fds[fd].cloexec {
		flags |= abi.O_CLOEXEC
	}
	st, _ := k.statOpen(f)
	text := fmt.Sprintf("pos:\t%d\nflags:\t0%o\nmnt_id:\t1\nino:\t%d\n", f.pos, flags, st.Ino)
	switch f.device {
	case devEvent, devSemaphore:
		text += fmt.Sprintf("eventfd-count: %16x\n", f.count)
	case devSignal:
		text += fmt.Sprintf("sigmask:\t%016x\n", uint64(f.mask))
	case devProcess:
		pid := f.proc.PID
		if f.proc.gone() {
			pid = -1
		}
		text += fmt.Sprintf("Pid:\t%d\nNSpid:\t%d\n", pid, pid)
	}
	return textFile(text)
}

// named is the thread whose name a file of devName has, or the process that has none of the number any more.
func (f *File) named() task {
	p := task{Process: f.proc}
	if i := slices.IndexFunc(f.proc.thr, func(t *Thread) bool { return t.TID == f.tid }); i >= 0 {
		p.thread = f.proc.thr[i]
	}
	return p
}

func (f *File) nameText() []byte { return []byte(f.named().name() + "\n") }

// writeName is a write to /proc/PID/comm (comm_write()): a thread of the process gives another one its name.
func (f *File) writeName(t *Thread, b []byte) int64 {
	p := f.named()
	switch {
	case f.proc.isZombie() || p.thread == nil && f.tid != f.proc.PID:
		return -ESRCH
	case f.proc != t.proc:
		return -EINVAL
	case p.thread == nil: // the first thread has ended, and keeps a name
		f.proc.Name = commOf(string(b))
	default:
		p.thread.setName(string(b))
	}
	return int64(len(b))
}
