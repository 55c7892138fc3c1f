package linux

import (
	"hash/fnv"
	"path"
	"slices"
	"strconv"
	"strings"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
)

// What a guest finds that no tree has: the devices of /dev, /proc and /sys.

// procDevice is the device number of what is special: 0:5.
const procDevice = 5

// characterDevice is a device below /dev.
type characterDevice struct {
	device device
	number uint64 // major<<8 | minor
}

// characterDevices are the devices that there are (Documentation/admin-guide/devices.txt).
var characterDevices = map[string]characterDevice{
	"/dev/null": {devNull, 0x103}, "/dev/zero": {devZero, 0x105}, "/dev/full": {devFull, 0x107}, "/dev/random": {devRandom, 0x108}, "/dev/urandom": {devRandom, 0x109},
	ownTerminal: {devTTY, 0x500}, "/dev/ptmx": {devPtmx, 0x502}, "/dev/pts/ptmx": {devPtmx, 0x502},
}

// special opens the device, or the generated file or directory, at a clean path; nil: there is none.
func (k *Kernel) special(t *Thread, p string) (*File, int64) {
	if d, ok := characterDevices[p]; ok {
		return &File{device: d.device, path: p}, 0
	}
	f, r := k.terminalName(p), int64(0)
	if f == nil {
		f, r = k.procFile(t, p)
	}
	if p == "/dev" && f == nil {
		if _, err := k.fs.Lstat(p, true); err != nil { // the tree has none
			f = &File{device: devList, entries: k.withSpecial(p, listOf(abi.DT_DIR))}
		}
	}
	if f != nil {
		f.path = p
		for i := range f.entries {
			f.entries[i].ino = specialIno(path.Join(p, f.entries[i].name))
		}
	}
	return f, r
}

// specialAt is special of any absolute path.
func (k *Kernel) specialAt(t *Thread, p string) (*File, int64) {
	f, r := k.special(t, path.Clean(p))
	if f != nil && asksForDir(p) && !f.isDir() {
		return nil, -ENOTDIR
	}
	return f, r
}

// isSpecial reports whether there is a device or a generated file at p.
func (k *Kernel) isSpecial(t *Thread, p string) bool {
	f, r := k.special(t, p)
	return f != nil || r != 0
}

// withSpecial adds to the entries of a directory of the tree what is special in it.
func (k *Kernel) withSpecial(dir string, list []dirEntry) []dirEntry {
	var more []dirEntry
	switch dir {
	case "/":
		more = listOf(abi.DT_DIR, "dev", "proc", "sys")[2:]
	case "/dev":
		more = listOf(abi.DT_LNK, "fd", "stderr", "stdin", "stdout")[2:]
		for p := range characterDevices {
			if path.Dir(p) == dir {
				more = append(more, dirEntry{name: path.Base(p), typ: abi.DT_CHR})
			}
		}
		more = append(more, dirEntry{name: "pts", typ: abi.DT_DIR})
		slices.SortFunc(more, func(a, b dirEntry) int { return strings.Compare(a.name, b.name) })
	}
	for _, e := range more {
		if !slices.ContainsFunc(list, func(x dirEntry) bool { return x.name == e.name }) {
			e.ino = specialIno(path.Join(dir, e.name))
			list = append(list, e)
		}
	}
	return list
}

// specialIno is the inode number of what is special at a path: the same in every run, and hardly that of another one.
func specialIno(p string) uint64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p))
	return uint64(h.Sum32()) + 1
}

// modesBelowProc are the permissions of what is below /proc/PID, where they are not 0444 of files and 0555 of directories.
var modesBelowProc = map[string]uint32{
	"fd": 0o500, "mem": 0o600, "auxv": 0o400, "environ": 0o400, "comm": 0o644,
}

// statSpecial describes an open device, or a generated file or directory.
func (k *Kernel) statSpecial(f *File) abi.Kstat {
	at := abi.Timespec{Sec: vfs.Epoch}
	s := abi.Kstat{Dev: procDevice, Ino: specialIno(f.path), Nlink: 1, Blksize: fsBlock, Atime: at, Mtime: at, Ctime: at}
	if ofProcess(f.path) {
		s.Uid, s.Gid = k.ownerBelowProc(f.path)
	}
	mode, listed := modesBelowProc[path.Base(f.path)]
	if !listed || !ofProcess(f.path) {
		mode = 0o444
	}
	d, isDevice := characterDevices[f.path]
	switch {
	case isDevice:
		s.Mode, s.Rdev = modeChar, d.number
	case f.device == devList && strings.HasPrefix(f.path, "/sys/"):
		s.Mode = abi.S_IFDIR | 0o755
	case f.device == devList && !listed:
		s.Mode = abi.S_IFDIR | 0o555
	case f.device == devList:
		s.Mode = abi.S_IFDIR | mode
	default:
		s.Mode = abi.S_IFREG | mode
	}
	return s
}

// statLink describes a link below /proc or /dev itself. Links of descriptors show how these are opened.
func (k *Kernel) statLink(p string, l *procLink) abi.Kstat {
	const length = 64 // of those below /proc/PID (proc_pid_make_inode())
	s := k.statSpecial(&File{path: p})
	s.Mode = abi.S_IFLNK | 0o777
	if path.Base(path.Dir(p)) == "fd" && l.file != nil {
		s.Mode, s.Size = abi.S_IFLNK, length
		if l.file.readable() {
			s.Mode |= 0o500
		}
		if l.file.writable() && l.file.flags&abi.O_PATH == 0 {
			s.Mode |= 0o300
		}
	}
	return s
}

// ownerBelowProc is whose a file about a process is: root's, if the process may not be looked into (task_dump_owner()).
func (k *Kernel) ownerBelowProc(file string) (uid, gid uint32) {
	who, _, _ := strings.Cut(strings.TrimPrefix(file, "/proc/"), "/")
	id, _ := strconv.Atoi(who)
	if p := k.procs[id]; p != nil && p.attr.dumpable {
		return p.cred.uid.eff, p.cred.gid.eff
	}
	return 0, 0
}

// ofProcess reports whether a path without links is below a process's directory, whose user owns what is there.
func ofProcess(p string) bool {
	rest, ok := strings.CutPrefix(p, "/proc/")
	return ok && rest != "" && rest[0] >= '0' && rest[0] <= '9'
}
