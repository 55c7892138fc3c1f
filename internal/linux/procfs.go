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
)

// Texts of /proc and /sys about the simulated host, made when they are opened. What is about processes is in procpid.go.

// hostFiles are the files about the host, each with what makes its text.
func (k *Kernel) hostFiles() map[string]func(*Kernel) string {
	if k.hostText != nil {
		return k.hostText
	}
	files := map[string]func(*Kernel) string{
		"/proc/cpuinfo": (*Kernel).cpuInfo,
		"/proc/meminfo": (*Kernel).memInfo,
		"/proc/stat":    (*Kernel).statText,
		"/proc/uptime": func(k *Kernel) string {
			k.readsClock()
			return fmt.Sprintf("%d.%02d %d.%02d\n", k.Now()/1e9, k.Now()/1e7%100, k.skipped/1e9, k.skipped/1e7%100)
		},
		"/proc/loadavg": func(k *Kernel) string {
			return fmt.Sprintf("0.00 0.00 0.00 %d/%d %d\n", k.running(), len(k.threads), k.lastPID)
		},
		"/proc/sys/kernel/random/uuid": func(k *Kernel) string {
			var b [16]byte
			k.random.fill(b[:])
			return fmt.Sprintf("%x-%x-4%x-a%x-%x\n", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
		},
	}
	for name, text := range k.hostTexts() {
		files[name] = func(*Kernel) string { return text }
	}
	k.hostText = files
	return files
}

const mountsText = "tmpfs / tmpfs rw 0 0\nproc /proc proc rw 0 0\n"

// hostTexts are texts that stay the same during a run.
func (k *Kernel) hostTexts() map[string]string {
	const cpus = "/sys/devices/system/cpu"
	all := cpuList(1<<len(k.m.CPUs)-1) + "\n"
	files := map[string]string{
		"/proc/version":                               "Linux version 6.1.0 (trapline) #1 SMP\n",
		"/proc/filesystems":                           "nodev\ttmpfs\nnodev\tproc\n",
		"/proc/mounts":                                mountsText,
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
		"/proc/sys/kernel/threads-max":                fmt.Sprintln(k.cfg.Limits.Threads),
		"/proc/sys/vm/max_map_count":                  fmt.Sprintln(k.cfg.Limits.Maps),
		"/proc/sys/fs/file-max":                       fmt.Sprintln(k.cfg.Limits.Files * k.cfg.Limits.Processes),
		cpus + "/online":                              all, cpus + "/possible": all, cpus + "/present": all,
	}
	for id := range k.m.CPUs { // each is a package of one core
		at := fmt.Sprintf("%s/cpu%d/topology/", cpus, id)
		for _, name := range []string{"core_cpus", "core_siblings", "package_cpus", "thread_siblings"} {
			files[at+name] = fmt.Sprintf("%x\n", 1<<id)
			files[at+name+"_list"] = fmt.Sprintln(id)
		}
		files[at+"core_id"], files[at+"physical_package_id"] = "0\n", fmt.Sprintln(id)
	}
	return files
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
	if !strings.HasPrefix(p, "/proc") && !strings.HasPrefix(p, "/sys") {
		return nil, 0
	}
	if text, ok := k.hostFiles()[p]; ok {
		return textFile(text(k)), 0
	}
	if proc, name, ok := k.procOf(t, p); ok {
		return k.processFile(t, proc, name)
	}
	list := k.hostList(p)
	if p == "/proc" {
		list = append(list, k.procList()...)
	}
	if list == nil {
		return nil, 0
	}
	return &File{device: devList, entries: append(listOf(abi.DT_DIR), list...)}, 0
}

// hostList are the entries of a directory of which only files about the host are known; none: there is no such directory.
func (k *Kernel) hostList(dir string) []dirEntry {
	kinds := map[string]byte{}
	for p := range k.hostFiles() {
		if rest, ok := strings.CutPrefix(p, dir+"/"); ok {
			name, _, isDir := strings.Cut(rest, "/")
			kinds[name] = abi.DT_REG
			if isDir {
				kinds[name] = abi.DT_DIR
			}
		}
	}
	var list []dirEntry
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		list = append(list, dirEntry{name: name, typ: kinds[name]})
	}
	return list
}

// textFile is a generated file.
func textFile(s string) *File { return &File{device: devText, text: []byte(s)} }

// listOf are the entries of a directory that is made up; special gives them their numbers.
func listOf(kind byte, names ...string) []dirEntry {
	list := []dirEntry{{name: ".", typ: abi.DT_DIR}, {name: "..", typ: abi.DT_DIR}}
	for _, n := range names {
		list = append(list, dirEntry{name: n, typ: kind})
	}
	return list
}

// procList are the entries of /proc that are no files about the host.
func (k *Kernel) procList() []dirEntry {
	list := listOf(abi.DT_LNK, "net", "self", "thread-self")[2:]
	for _, id := range slices.Sorted(maps.Keys(k.procs)) {
		list = append(list, dirEntry{name: fmt.Sprint(id), typ: abi.DT_DIR})
	}
	return list
}
