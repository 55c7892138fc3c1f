package linux

import (
	"math/bits"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
)

// Policies of memory (mm/mempolicy.c) on a machine of one node, 0, and keys of pages on a processor that has none.

// maxNodes is how many nodes a mask may name (MAX_NUMNODES, with NODES_SHIFT 10).
const maxNodes = 1024

// policy is where a thread wants its memory. It has all of it from node 0.
type policy struct {
	mode  int    // MPOL_*
	flags int    // MPOL_F_*
	nodes uint64 // that were asked for, of the first 64
}

// modeArg takes a mode and its flags apart (sanitize_mpol_flags()).
func modeArg(v int) (p policy, r int64) {
	const flags = abi.MPOL_F_STATIC_NODES | abi.MPOL_F_RELATIVE_NODES | abi.MPOL_F_NUMA_BALANCING
	p.mode, p.flags = v&^flags, v&flags
	const both = abi.MPOL_F_STATIC_NODES | abi.MPOL_F_RELATIVE_NODES
	if uint32(p.mode) >= abi.MPOL_MAX || p.flags&both == both || p.flags&abi.MPOL_F_NUMA_BALANCING != 0 && p.mode != abi.MPOL_BIND {
		return p, -EINVAL
	}
	return p, 0
}

// nodesArg reads a mask of nodes: the first 64, and whether there are any (get_nodes()).
func (t *Thread) nodesArg(c *call, va, n uint64) (first uint64, some bool, r int64) {
	n--
	switch {
	case n == 0 || va == 0:
		return 0, false, 0
	case n > emu.PageSize*8:
		return 0, false, -EINVAL
	}
	word := 8 * uint64(c.word())
	b := make([]byte, (n+word-1)/word*uint64(c.word()))
	if !t.proc.mm.Read(va, b) {
		return 0, false, -EFAULT
	}
	for i, v := range b {
		if at := uint64(i) * 8; at+8 > n {
			v &= 1<<max(0, int(n)-int(at)) - 1
		}
		switch {
		case v == 0:
			continue
		case i*8+bits.TrailingZeros8(v) >= maxNodes:
			return 0, false, -EINVAL
		case i < 8:
			first |= uint64(v) << (8 * i)
		}
		some = true
	}
	return first, some, 0
}

// complete checks a policy with its nodes (mpol_new(), mpol_set_nodemask()).
func (p *policy) complete(first uint64, some bool) int64 {
	const fixed = abi.MPOL_F_STATIC_NODES | abi.MPOL_F_RELATIVE_NODES
	p.nodes = first
	switch {
	case p.mode == abi.MPOL_DEFAULT:
		if some {
			return -EINVAL
		}
		*p = policy{}
		return 0
	case p.mode == abi.MPOL_PREFERRED && !some && p.flags&fixed == 0:
		p.mode = abi.MPOL_LOCAL
		return 0
	case p.mode == abi.MPOL_LOCAL:
		if some || p.flags&fixed != 0 {
			return -EINVAL
		}
		return 0
	case !some, p.flags&abi.MPOL_F_RELATIVE_NODES == 0 && first&1 == 0: // none, or none that there is
		return -EINVAL
	}
	return 0
}

func sysSetMempolicy(k *Kernel, t *Thread, c *call) int64 {
	p, r := modeArg(c.int(0))
	if r != 0 {
		return r
	}
	first, some, r := t.nodesArg(c, c.arg[1], c.arg[2])
	if r == 0 {
		r = p.complete(first, some)
	}
	if r == 0 {
		t.policy = p
	}
	return r
}

// sysMbind checks what it is asked for; all pages are where they are wanted.
func sysMbind(k *Kernel, t *Thread, c *call) int64 {
	start, size, flags := c.arg[0], mm.PageCeil(c.arg[1]), c.arg[5]&0xffffffff
	p, r := modeArg(c.int(2))
	if r != 0 {
		return r
	}
	first, some, r := t.nodesArg(c, c.arg[3], c.arg[4])
	byDefault := p.mode == abi.MPOL_DEFAULT
	switch {
	case r != 0:
		return r
	case flags&^(abi.MPOL_MF_STRICT|abi.MPOL_MF_MOVE|abi.MPOL_MF_MOVE_ALL) != 0:
		return -EINVAL
	case flags&abi.MPOL_MF_MOVE_ALL != 0 && !k.privileged():
		return -EPERM
	case start%emu.PageSize != 0, start+size < start:
		return -EINVAL
	case size == 0:
		return 0
	}
	if r := p.complete(first, some); r != 0 {
		return r
	}
	if !byDefault && !t.proc.mm.Covered(start, start+size) {
		return -EFAULT
	}
	return 0
}

func sysGetMempolicy(k *Kernel, t *Thread, c *call) int64 {
	mask, n, va, flags := c.arg[1], c.arg[2], c.arg[3], c.arg[4]
	if mask != 0 && n < 1 {
		return -EINVAL
	}
	p, answer, nodes := t.policy, 0, uint64(0)
	switch {
	case flags&^(abi.MPOL_F_NODE|abi.MPOL_F_ADDR|abi.MPOL_F_MEMS_ALLOWED) != 0,
		flags&abi.MPOL_F_MEMS_ALLOWED != 0 && flags != abi.MPOL_F_MEMS_ALLOWED:
		return -EINVAL
	case flags&abi.MPOL_F_ADDR != 0 && t.proc.mm.Find(va) == nil:
		return -EFAULT
	case flags == abi.MPOL_F_MEMS_ALLOWED:
		nodes = 1
	case flags&abi.MPOL_F_ADDR == 0 && va != 0, flags == abi.MPOL_F_NODE && p.mode != abi.MPOL_INTERLEAVE:
		return -EINVAL
	case flags&abi.MPOL_F_ADDR != 0: // mbind(2) keeps nothing
	default:
		nodes = p.tells()
		if flags == 0 {
			answer = p.mode | p.flags
		}
	}
	if c.arg[0] != 0 && !putWord(t.proc.mm, c.arg[0], 4, uint64(answer)) {
		return -EFAULT
	}
	if mask == 0 {
		return 0
	}
	return t.putNodes(c, mask, n, nodes)
}

// tells are the nodes that a policy is told to have.
func (p *policy) tells() uint64 {
	switch {
	case p.flags&(abi.MPOL_F_STATIC_NODES|abi.MPOL_F_RELATIVE_NODES) != 0:
		return p.nodes
	case p.mode == abi.MPOL_DEFAULT || p.mode == abi.MPOL_LOCAL:
		return 0
	}
	return 1
}

// putNodes writes a mask of n-1 nodes, in longs of 8 bytes (copy_nodes_to_user()).
func (t *Thread) putNodes(c *call, va, n, nodes uint64) int64 {
	size := (n - 1 + 63) / 64 * 8
	if c.compat { // no more than one long has nodes that there are
		size, nodes = max(size, 4), nodes&0xffffffff
	}
	if size > emu.PageSize {
		return -EINVAL
	}
	b := make([]byte, max(size, 8))
	le.PutUint64(b, nodes)
	if !t.proc.mm.Write(va, b[:size]) {
		return -EFAULT
	}
	return 0
}

// sysPkeyAlloc finds no key: there is one only, which every page has.
func sysPkeyAlloc(k *Kernel, t *Thread, c *call) int64 {
	if c.arg[0] != 0 || c.arg[1]&^(abi.PKEY_DISABLE_ACCESS|abi.PKEY_DISABLE_WRITE) != 0 {
		return -EINVAL
	}
	return -ENOSPC
}

func sysPkeyFree(k *Kernel, t *Thread, c *call) int64 { return -EINVAL }

// sysPkeyMprotect is mprotect(2) where no key is asked for.
func sysPkeyMprotect(k *Kernel, t *Thread, c *call) int64 {
	const grows = abi.PROT_GROWSDOWN | abi.PROT_GROWSUP
	start, size := c.arg[0], mm.PageCeil(c.arg[1])
	switch {
	case c.int(3) == -1:
		return sysMprotect(k, t, c)
	case c.arg[2]&grows == grows, start%emu.PageSize != 0:
		return -EINVAL
	case c.arg[1] == 0:
		return 0
	case start+size <= start:
		return -ENOMEM
	}
	return -EINVAL
}
