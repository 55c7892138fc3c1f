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
	var arg abi.CloneArgs
	abi.Unmarshal(8, b, &arg)
	f := arg.Flags
	const maxNamespaces, maxInt = 32, 1<<31 - 1
	switch {
	case arg.SetTidSize > maxNamespaces, (arg.SetTid == 0) != (arg.SetTidSize == 0), arg.ExitSignal > abi.SIGRTMAX,
		f&abi.CLONE_INTO_CGROUP != 0 && (arg.Cgroup > maxInt || size < abi.CLONE_ARGS_SIZE_VER2):
		return -EINVAL
	}
	if n := arg.SetTidSize; n > 0 && !t.proc.mm.Read(arg.SetTid, make([]byte, 4*n)) {
		return -EFAULT
	}
	const known = 1<<32 - 1 | abi.CLONE_CLEAR_SIGHAND | abi.CLONE_INTO_CGROUP
	switch {
	case f&^known != 0, f&(abi.CLONE_DETACHED|abi.CSIGNAL&^abi.CLONE_NEWTIME) != 0,
		f&abi.CLONE_SIGHAND != 0 && f&abi.CLONE_CLEAR_SIGHAND != 0,
		f&(abi.CLONE_THREAD|abi.CLONE_PARENT) != 0 && arg.ExitSignal != 0,
		(arg.Stack == 0) != (arg.StackSize == 0), !t.proc.mm.InUser(arg.Stack, arg.StackSize):
		return -EINVAL
	case f&abi.CLONE_INTO_CGROUP != 0: // no descriptor is one of a cgroup
		return -EBADF
	case arg.SetTidSize != 0: // there is one namespace, and numbers go up
		return -EPERM
	}
	a := cloneArgs{flags: f, exitSig: int(arg.ExitSignal), ptid: arg.ParentTid, ctid: arg.ChildTid, tls: arg.Tls, pidfd: arg.Pidfd}
	if arg.Stack != 0 {
		a.stack = arg.Stack + arg.StackSize
	}
	return k.clone(t, a)
}
