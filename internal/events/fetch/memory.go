package fetch

import (
	"bytes"

	"trapline/internal/events"
)

// chunkSize is the most that one read asks for. Reads do not cross pages, so
// what lies behind a string's end is never the reason for a fault.
const chunkSize = 64

// reachesUser tells whether an access goes to user memory: all of a uprobe's,
// and a kernel probe's if it is marked so or the address lies below the
// kernel's (x86 keeps the two apart).
func (f *Fetcher) reachesUser(addr uint64, user bool) bool {
	return user || f.prog.def.Kind == events.Uprobe || addr < f.prog.layout.userEnd
}

// read copies memory to p and tells how many bytes came. Kernel memory comes
// whole or not at all.
func (f *Fetcher) read(addr uint64, p []byte, user bool) int {
	if f.reachesUser(addr, user) {
		return f.target.ReadUser(addr, p)
	}
	if f.target.ReadKernel(addr, p) != len(p) {
		return 0
	}
	return len(p)
}

// copyString copies up to len(dst) bytes of a string, its NUL included. n
// counts the bytes before the NUL; ended is false when there was none in
// len(dst) bytes, ok is false after a fault.
func (f *Fetcher) copyString(addr uint64, dst []byte, user bool) (n int, ended, ok bool) {
	arch := f.prog.def.Arch
	for n < len(dst) {
		at := arch.Mask(addr + uint64(n))
		p := dst[n:min(len(dst), n+chunkSize, n+int(pageSize-at%pageSize))]
		var got int
		if f.reachesUser(addr, user) {
			got = f.target.ReadUser(at, p)
		} else {
			got = f.target.ReadKernel(at, p)
		}
		if i := bytes.IndexByte(p[:got], 0); i >= 0 {
			clear(p[i:])
			return n + i, true, true
		}
		clear(p[got:])
		if n += got; got < len(p) {
			return n, false, false
		}
	}
	return n, false, true
}

// stringLength is copyString without the copy, over at most limit bytes.
func (f *Fetcher) stringLength(addr uint64, limit int, user bool) (n int, ended, ok bool) {
	arch := f.prog.def.Arch
	for n < limit {
		at := arch.Mask(addr + uint64(n))
		want := min(limit-n, chunkSize, int(pageSize-at%pageSize))
		got, ended, ok := f.copyString(at, f.scratch[:want], user)
		n += got
		if ended || !ok {
			return n, ended, ok
		}
	}
	return n, false, true
}
