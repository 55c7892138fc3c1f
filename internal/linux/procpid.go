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

// procOf takes a path below a process's directory apart: the process, and the rest.
func (k *Kernel) procOf(t *Thread, p string) (*Process, string, bool) {
	rest, ok := strings.CutPrefix(p, "/proc/")
	if !ok {
		return nil, "", false
	}
	if rest == "net" || strings.HasPrefix(rest, "net/") { // a link
		rest = "self/" + rest
	}
	who, rest, _ := strings.Cut(rest, "/")
	proc := t.proc
	if who != "self" && who != "thread-self" {
		id, err := strconv.Atoi(who)
		if err != nil || k.procs[id] == nil {
			return nil, "", false
		}
		proc = k.procs[id]
	}
	if task, inner, ok := strings.Cut(strings.TrimPrefix(rest, "task/"), "/"); ok && strings.HasPrefix(rest, "task/") {
		id, err := strconv.Atoi(task)
		if err != nil || !slices.ContainsFunc(proc.thr, func(t *Thread) bool { return t.TID == id }) {
			return nil, "", false
		}
		rest = inner
	}
	return proc, rest, true
}

// processFile opens a file or directory about a process; nil: there is none of the name. Some are for those only who
// may look into the process: EACCES.
func (k *Kernel) processFile(t *Thread, p *Process, name string) (*File, int64) {
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
		return &File{device: devList, proc: p, entries: processList()}, 0
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
	case !k.mayLook(t, p) || p.mm == nil && name != "fdinfo" && !isInfo && !k.privileged():
		return nil, -EACCES
	}
	switch {
	case isInfo:
		return p.descriptorInfo(fd), 0
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

// processList are the entries of a process's directory.
func processList() []dirEntry {
	list := listOf(abi.DT_REG, "auxv", "cgroup", "cmdline", "comm", "environ", "limits", "maps", "mem", "mountinfo", "mounts", "oom_adj", "oom_score", "oom_score_adj",
		"loginuid", "sessionid", "stat", "statm", "status")
	for kind, names := range map[byte][]string{abi.DT_DIR: {"fd", "fdinfo", "net", "task"}, abi.DT_LNK: {"cwd", "exe", "root"}} {
		list = append(list, listOf(kind, names...)[2:]...)
	}
	slices.SortFunc(list, func(a, b dirEntry) int { return strings.Compare(a.name, b.name) })
	for i := range list {
		list[i].ino = uint64(i) + 1
	}
	return list
}

// openText is the text of a file that everybody may read, or false.
func (k *Kernel) openText(p *Process, name string) (string, bool) {
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
	case "comm":
		return p.Name + "\n", true
	case "oom_score_adj", "oom_score", "oom_adj", "sessionid", "loginuid":
		return "0\n", true
	case "cgroup":
		return "0::/\n", true
	case "mounts":
		return hostTexts["/proc/mounts"], true
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
func (p *Process) descriptorInfo(name string) *File {
	fd, err := strconv.Atoi(name)
	if err != nil || p.files == nil || p.files.get(fd) == nil {
		return nil
	}
	f := p.files.get(fd)
	flags := f.flags
	if p.files.fds[fd].cloexec {
		flags |= abi.O_CLOEXEC
	}
	st, _ := f.stat()
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
