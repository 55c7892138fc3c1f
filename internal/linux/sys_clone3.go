package linux

import "trapline/internal/linux/abi"

// sysClone3 is clone(2) with its arguments in a structure, which may be of a later
// kernel as long as what is new in it is zero.
func sysClone3(k *Kernel, t *Thread, c *call) int64 {
	size := c.arg[1]
	switch {
	case size > abi.CLONE_ARGS_MAX:
		return -E2BIG
	case size < abi.CLONE_ARGS_SIZE_VER0:
		return -EINVAL
	}
	b := make([]byte, max(size, abi.CLONE_ARGS_SIZE_VER2))
	if !t.proc.mm.Read(c.arg[0], b[:size]) {
		return -EFAULT
	}
	for _, later := range b[abi.CLONE_ARGS_SIZE_VER2:] {
		if later != 0 {
			return -E2BIG
		}
	}
	const flags, pidfd, ctid, ptid, exit, stack, stackSize, tls, setTID, setTIDSize, cgroup = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
	arg := func(i int) uint64 { return le.Uint64(b[8*i:]) }
	f := arg(flags)
	const maxNamespaces, maxInt = 32, 1<<31 - 1
	switch {
	case arg(setTIDSize) > maxNamespaces, (arg(setTID) == 0) != (arg(setTIDSize) == 0), arg(exit) > abi.SIGRTMAX,
		f&abi.CLONE_INTO_CGROUP != 0 && (arg(cgroup) > maxInt || size < abi.CLONE_ARGS_SIZE_VER2):
		return -EINVAL
	}
	if n := arg(setTIDSize); n > 0 && !t.proc.mm.Read(arg(setTID), make([]byte, 4*n)) {
		return -EFAULT
	}
	const known = 1<<32 - 1 | abi.CLONE_CLEAR_SIGHAND | abi.CLONE_INTO_CGROUP
	switch {
	case f&^known != 0, f&(abi.CLONE_DETACHED|0x7f) != 0, // CSIGNAL, but for CLONE_NEWTIME
		f&abi.CLONE_SIGHAND != 0 && f&abi.CLONE_CLEAR_SIGHAND != 0,
		f&(abi.CLONE_THREAD|abi.CLONE_PARENT) != 0 && arg(exit) != 0,
		(arg(stack) == 0) != (arg(stackSize) == 0), !t.proc.mm.InUser(arg(stack), arg(stackSize)):
		return -EINVAL
	case f&abi.CLONE_INTO_CGROUP != 0: // no descriptor is one of a cgroup
		return -EBADF
	case arg(setTIDSize) != 0: // there is one namespace, and numbers go up
		return -EPERM
	}
	a := cloneArgs{flags: f, exitSig: int(arg(exit)), ptid: arg(ptid), ctid: arg(ctid), tls: arg(tls), pidfd: arg(pidfd)}
	if arg(stack) != 0 {
		a.stack = arg(stack) + arg(stackSize)
	}
	return k.clone(t, a)
}
