package linux

import (
	"trapline/internal/linux/abi"
)

// What the file system tells of itself.

// File systems in memory have no blocks of their own: half of the machine's memory,
// as a tmpfs has it.
const tmpfsMagic = 0x01021994

// statfs is struct statfs: of x86-64, or of i386 with 64-bit counts.
func (k *Kernel) statfs(wide bool) []byte {
	blocks := uint64(k.cfg.Limits.Memory) / 2 / 4096
	if wide {
		b := make([]byte, 120)
		for i, v := range []uint64{tmpfsMagic, 4096, blocks, blocks, blocks, blocks, blocks, 0, maxName, 4096} {
			le.PutUint64(b[8*i:], v)
		}
		return b
	}
	b := make([]byte, 84)
	le.PutUint32(b, tmpfsMagic)
	le.PutUint32(b[4:], 4096)
	for i := range 5 {
		le.PutUint64(b[8+8*i:], blocks)
	}
	le.PutUint32(b[56:], maxName)
	le.PutUint32(b[60:], 4096)
	return b
}

func (k *Kernel) putStatfs(t *Thread, c *call, va uint64) int64 {
	if !t.proc.mm.Write(va, k.statfs(!c.compat)) {
		return errnoFault
	}
	return 0
}

func sysStatfs(k *Kernel, t *Thread, c *call) int64 {
	p, r := k.userPath(t, abi.AT_FDCWD, c.arg[0])
	if r != 0 {
		return r
	}
	if _, err := k.fs.lstat(p, true); err != nil && k.special(t, p) == nil {
		return fail(err)
	}
	return k.putStatfs(t, c, c.arg[len(lookup(c).args)-1])
}

func sysFstatfs(k *Kernel, t *Thread, c *call) int64 {
	if t.proc.files.get(c.fd(0)) == nil {
		return errnoBadFile
	}
	return k.putStatfs(t, c, c.arg[len(lookup(c).args)-1])
}

// sysNoAttribute: no file has extended attributes.
func sysNoAttribute(k *Kernel, t *Thread, c *call) int64 { return -int64(abi.ENODATA) }

// sysSetAttribute: and none can be given.
func sysSetAttribute(k *Kernel, t *Thread, c *call) int64 { return -int64(abi.ENOTSUP) }
