package linux

import (
	"fmt"
	"maps"
	"slices"
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

// procFile opens a file or directory of /proc and /sys; nil: there is none at p.
func (k *Kernel) procFile(t *Thread, p string) (*File, int64) {
	if s, ok := k.hostText(p); ok {
		return textFile(s), 0
	}
	if p == "/proc" {
		return &File{device: devList, entries: k.procList()}, 0
	}
	if proc, name, ok := k.procOf(t, p); ok {
		return k.processFile(t, proc, name)
	}
	return nil, 0
}

// textFile is a generated file.
func textFile(s string) *File { return &File{device: devText, text: []byte(s)} }

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
