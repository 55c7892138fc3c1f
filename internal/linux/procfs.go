package linux

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/net"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// What of /proc and /sys a program finds whatever files of the host it sees: texts about
// the simulated host and its processes, made when they are opened.

// hostTexts are texts that are the same in every run.
var hostTexts = map[string]string{
	"/proc/version":                               "Linux version 6.1.0 (trapline) #1 SMP\n",
	"/proc/filesystems":                           "nodev\ttmpfs\nnodev\tproc\n",
	"/proc/mounts":                                "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\n",
	"/proc/swaps":                                 "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n",
	"/proc/sys/kernel/osrelease":                  "6.1.0\n",
	"/proc/sys/kernel/ostype":                     "Linux\n",
	"/proc/sys/kernel/version":                    "#1 SMP\n",
	"/proc/sys/kernel/hostname":                   "trapline\n",
	"/proc/sys/kernel/domainname":                 "(none)\n",
	"/proc/sys/kernel/pid_max":                    "4194304\n",
	"/proc/sys/kernel/ngroups_max":                "65536\n",
	"/proc/sys/kernel/cap_last_cap":               "40\n",
	"/proc/sys/kernel/overflowuid":                "65534\n",
	"/proc/sys/kernel/overflowgid":                "65534\n",
	"/proc/sys/kernel/randomize_va_space":         "0\n",
	"/proc/sys/kernel/core_pattern":               "core\n",
	"/proc/sys/vm/overcommit_memory":              "1\n",
	"/proc/sys/fs/nr_open":                        "1048576\n",
	"/proc/sys/fs/pipe-max-size":                  "65536\n",
	"/proc/sys/net/core/somaxconn":                fmt.Sprintln(net.MaxListen),
	"/proc/sys/net/core/wmem_max":                 fmt.Sprintln(net.MaxBuffer),
	"/proc/sys/net/core/rmem_max":                 fmt.Sprintln(net.MaxBuffer),
	"/proc/sys/net/unix/max_dgram_qlen":           fmt.Sprintln(net.MaxQueuedUnix),
	"/proc/sys/net/ipv4/ip_local_port_range":      fmt.Sprintf("%d\t%d\n", net.FirstPort, net.LastPort),
	"/sys/kernel/mm/transparent_hugepage/enabled": "always madvise [never]\n",
	"/sys/devices/system/cpu/kernel_max":          "7\n",
}

// hostText is the text of a file about the host, or false.
func (k *Kernel) hostText(p string) (string, bool) {
	if s, ok := hostTexts[p]; ok {
		return s, true
	}
	switch p {
	case "/proc/cpuinfo":
		return k.cpuInfo(), true
	case "/proc/meminfo":
		return k.memInfo(), true
	case "/proc/stat":
		return k.statText(), true
	case "/proc/uptime":
		k.readsClock()
		return fmt.Sprintf("%d.%02d %d.%02d\n", k.Now()/1e9, k.Now()/1e7%100, k.skipped/1e9, k.skipped/1e7%100), true
	case "/proc/loadavg":
		return fmt.Sprintf("0.00 0.00 0.00 %d/%d %d\n", k.running(), len(k.threads), k.lastPID), true
	case "/proc/sys/kernel/threads-max":
		return fmt.Sprintln(k.cfg.Limits.Threads), true
	case "/proc/sys/vm/max_map_count":
		return fmt.Sprintln(k.cfg.Limits.Maps), true
	case "/proc/sys/fs/file-max":
		return fmt.Sprintln(k.cfg.Limits.Files * k.cfg.Limits.Processes), true
	case "/proc/sys/kernel/random/uuid":
		var b [16]byte
		k.random.fill(b[:])
		return fmt.Sprintf("%x-%x-4%x-a%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), true
	case "/sys/devices/system/cpu/online", "/sys/devices/system/cpu/possible", "/sys/devices/system/cpu/present":
		if n := len(k.m.CPUs); n > 1 {
			return fmt.Sprintf("0-%d\n", n-1), true
		}
		return "0\n", true
	}
	return "", false
}

// running counts the threads that run or could.
func (k *Kernel) running() int {
	n := 0
	for _, t := range k.threads {
		if t.state == stateRunning {
			n++
		}
	}
	return n
}

func (k *Kernel) cpuInfo() string {
	var b strings.Builder
	lm := " lm syscall"
	if k.m.Arch == x86.I386 {
		lm = ""
	}
	for i := range k.m.CPUs {
		fmt.Fprintf(&b, "processor\t: %d\nvendor_id\t: %v\nmodel name\t: trapline\ncpu MHz\t\t: 1000.000\nsiblings\t: %d\ncore id\t\t: %d\ncpu cores\t: %d\n"+
			"fpu\t\t: yes\nwp\t\t: yes\nflags\t\t: fpu tsc msr cx8 cmov mmx fxsr sse sse2%s\n\n", i, k.cfg.Vendor, len(k.m.CPUs), i, len(k.m.CPUs), lm)
	}
	return b.String()
}

func (k *Kernel) memInfo() string {
	const kib = 1024
	total := k.cfg.Limits.Memory / kib
	free := max(0, total-k.m.Mem.Frames()*emu.PageSize/kib)
	var b strings.Builder
	for _, l := range []struct {
		name string
		kib  int
	}{{"MemTotal", total}, {"MemFree", free}, {"MemAvailable", free}, {"Buffers", 0}, {"Cached", 0}, {"SwapCached", 0}, {"SwapTotal", 0}, {"SwapFree", 0}, {"Shmem", 0}} {
		fmt.Fprintf(&b, "%-15s %8d kB\n", l.name+":", l.kib)
	}
	return b.String()
}

func (k *Kernel) statText() string {
	k.readsClock()
	const tick = 10e6 // nanoseconds
	var b strings.Builder
	line := func(name string, share uint64) {
		fmt.Fprintf(&b, "%s %d 0 0 %d 0 0 0 0 0 0\n", name, k.steps/tick/share, k.skipped/tick)
	}
	line("cpu ", 1)
	for i := range k.m.CPUs {
		line(fmt.Sprintf("cpu%d", i), uint64(len(k.m.CPUs)))
	}
	fmt.Fprintf(&b, "intr 0\nctxt 0\nbtime %d\nprocesses %d\nprocs_running %d\nprocs_blocked 0\n", vfs.Epoch, max(0, k.lastPID-firstPID+1), k.running())
	return b.String()
}

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

// procText is the text of a file about a process that lives, or false.
func (k *Kernel) procText(p *Process, name string) (string, bool) {
	switch name {
	case "stat":
		return k.procStat(p), true
	case "statm":
		size, rss := p.mm.Sizes()
		return fmt.Sprintf("%d %d 0 0 0 %d 0\n", size/emu.PageSize, rss, size/emu.PageSize), true
	case "status":
		return k.procStatus(p), true
	case "limits":
		return p.limitsText(), true
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

func (p *Process) letter() (string, string) {
	switch {
	case p.isZombie():
		return "Z", "zombie"
	case slices.ContainsFunc(p.thr, func(t *Thread) bool { return t.state == stateTraced && t.trace.stop != stopGroup }):
		return "t", "tracing stop"
	case p.isStopped():
		return "T", "stopped"
	case slices.ContainsFunc(p.thr, func(t *Thread) bool { return t.state == stateRunning }):
		return "R", "running"
	}
	return "S", "sleeping"
}

func (p *Process) parentPID() int {
	if p.parent == nil {
		return 1
	}
	return p.parent.PID
}

// tracerPID is the process that traces p's first thread; 0: none does.
func (p *Process) tracerPID() int {
	if by := p.thr[0].trace.by; by != nil {
		return by.proc.PID
	}
	return 0
}

// procStat is /proc/PID/stat, 52 fields (proc(5)).
func (k *Kernel) procStat(p *Process) string {
	k.readsClock()
	letter, _ := p.letter()
	size, rss := p.mm.Sizes()
	f := make([]string, 53)
	for i := range f {
		f[i] = "0"
	}
	const tick = 10e6
	ran := p.ran
	for _, t := range p.thr {
		ran += t.ran
	}
	for at, v := range map[int]any{1: p.PID, 2: "(" + p.Name + ")", 3: letter, 4: p.parentPID(), 5: p.pgid, 6: p.sid, 8: -1, 14: ran / tick, 18: 20,
		20: len(p.thr), 23: size, 24: rss, 25: ^uint64(0), 28: p.mm.StartStack, 38: p.exitSig, 47: p.mm.StartBrk, 48: p.mm.ArgStart, 49: p.mm.ArgEnd} {
		f[at] = fmt.Sprint(v)
	}
	return strings.Join(f[1:], " ") + "\n"
}

func (k *Kernel) procStatus(p *Process) string {
	letter, word := p.letter()
	u := k.user()
	size, rss := p.mm.Sizes()
	all := uint64(1)<<len(k.m.CPUs) - 1
	return fmt.Sprintf("Name:\t%s\nUmask:\t%04o\nState:\t%s (%s)\nTgid:\t%d\nNgid:\t0\nPid:\t%d\nPPid:\t%d\nTracerPid:\t%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\n"+
		"FDSize:\t%d\nGroups:\t\nVmPeak:\t%8d kB\nVmSize:\t%8d kB\nVmLck:\t%8d kB\nVmRSS:\t%8d kB\nThreads:\t%d\nSigPnd:\t%016x\nShdPnd:\t%016x\nSigBlk:\t%016x\nCapEff:\t%016x\nCpus_allowed:\t%x\n",
		p.Name, p.fs.umask, letter, word, p.PID, p.PID, p.parentPID(), p.tracerPID(), u.UID, u.UID, u.UID, u.UID, u.GID, u.GID, u.GID, u.GID, len(p.files.fds),
		size>>10, size>>10, p.mm.Locked()>>10, rss*emu.PageSize>>10, len(p.thr), uint64(p.thr[0].sig.set), uint64(p.pend.set), uint64(p.thr[0].blocked), 0, all)
}

func (p *Process) limitsText() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-26s%-21s%-21s%-10s\n", "Limit", "Soft Limit", "Hard Limit", "Units")
	value := func(v uint64) string {
		if v == ^uint64(0) {
			return "unlimited"
		}
		return fmt.Sprint(v)
	}
	for _, l := range []struct {
		name, unit string
		at         int
	}{{"Max stack size", "bytes", abi.RLIMIT_STACK}, {"Max core file size", "bytes", abi.RLIMIT_CORE}, {"Max processes", "processes", abi.RLIMIT_NPROC},
		{"Max open files", "files", abi.RLIMIT_NOFILE}} {
		r := p.limits[l.at]
		fmt.Fprintf(&b, "%-26s%-21s%-21s%-10s\n", l.name, value(r.now), value(r.most), l.unit)
	}
	return b.String()
}

// procFile opens a file or directory of /proc and /sys, or nil.
func (k *Kernel) procFile(t *Thread, p string) *File {
	if s, ok := k.hostText(p); ok {
		return &File{device: devText, text: []byte(s)}
	}
	if p == "/proc" {
		return &File{device: devList, entries: k.procList()}
	}
	proc, name, ok := k.procOf(t, p)
	if !ok {
		return nil
	}
	if proc.mm == nil { // it has ended
		return nil
	}
	if of, ok := strings.CutPrefix(name, "net/"); ok {
		if s, ok := k.net.ProcFile(of, k.user().UID, k.m.Arch.Word()); ok {
			return &File{device: devText, text: []byte(s)}
		}
	}
	if s, ok := k.procText(proc, name); ok {
		return &File{device: devText, text: []byte(s)}
	}
	if fd, ok := strings.CutPrefix(name, "fdinfo/"); ok {
		return proc.descriptorInfo(fd)
	}
	mm := proc.mm
	switch name {
	case "":
		list := listOf(abi.DT_REG, "auxv", "cmdline", "comm", "environ", "limits", "maps", "mem", "mounts", "stat", "statm", "status")
		return &File{device: devList, proc: proc, entries: append(list, dirEntry{"net", uint64(len(list)), abi.DT_DIR})}
	case "net":
		return &File{device: devList, entries: listOf(abi.DT_REG, net.ProcFiles()...)}
	case "fd", "fdinfo":
		var fds []string
		for fd, d := range proc.files.fds {
			if d.file != nil {
				fds = append(fds, fmt.Sprint(fd))
			}
		}
		kind := byte(abi.DT_LNK)
		if name == "fdinfo" {
			kind = abi.DT_REG
		}
		return &File{device: devList, entries: listOf(kind, fds...)}
	case "task":
		var ids []string
		for _, t := range proc.thr {
			ids = append(ids, fmt.Sprint(t.TID))
		}
		return &File{device: devList, entries: listOf(abi.DT_DIR, ids...)}
	case "maps":
		return &File{device: devText, text: []byte(mm.Maps())}
	case "mem":
		if proc == t.proc || k.mayTrace(proc) {
			return &File{device: devMem, mem: mm}
		}
	case "auxv":
		return &File{device: devText, text: mm.Auxv}
	case "cmdline":
		b := make([]byte, mm.ArgEnd-mm.ArgStart)
		return &File{device: devText, text: b[:mm.ReadForced(mm.ArgStart, b)]}
	case "environ":
		b := make([]byte, mm.EnvEnd-mm.ArgEnd)
		return &File{device: devText, text: b[:mm.ReadForced(mm.ArgEnd, b)]}
	case "comm":
		return &File{device: devText, text: []byte(proc.Name + "\n")}
	case "exe":
		if h, full, err := k.fs.Open(mm.Exe.Path(), true); err == nil {
			return &File{path: full, host: h}
		}
	}
	return nil
}

// descriptorInfo is /proc/PID/fdinfo/FD, or nil.
func (p *Process) descriptorInfo(name string) *File {
	fd, err := strconv.Atoi(name)
	if err != nil || p.files.get(fd) == nil {
		return nil
	}
	f := p.files.get(fd)
	flags := f.flags
	if p.files.fds[fd].cloexec {
		flags |= abi.O_CLOEXEC
	}
	ino := uint64(0)
	if f.host != nil {
		ino = vfs.StatOf(f.host.Info).Ino
	}
	return &File{device: devText, text: fmt.Appendf(nil, "pos:\t%d\nflags:\t0%o\nmnt_id:\t1\nino:\t%d\n", f.pos, flags, ino)}
}

// listOf are the entries of a directory that is made up.
func listOf(kind byte, names ...string) []dirEntry {
	list := []dirEntry{{".", 1, abi.DT_DIR}, {"..", 1, abi.DT_DIR}}
	for i, n := range names {
		list = append(list, dirEntry{n, uint64(i) + 2, kind})
	}
	return list
}

func (k *Kernel) procList() []dirEntry {
	list := listOf(abi.DT_LNK, "net", "self", "thread-self")
	for _, id := range slices.Sorted(maps.Keys(k.procs)) {
		list = append(list, dirEntry{fmt.Sprint(id), uint64(id) + 1000, abi.DT_DIR})
	}
	for _, n := range []string{"cpuinfo", "filesystems", "loadavg", "meminfo", "mounts", "stat", "swaps", "uptime", "version"} {
		list = append(list, dirEntry{n, uint64(len(list)) + 10, abi.DT_REG})
	}
	return list
}
