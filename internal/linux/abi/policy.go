package abi

// Policies of memory, their flags, and those of get_mempolicy(2) and mbind(2).
const (
	MPOL_DEFAULT    = 0
	MPOL_PREFERRED  = 1
	MPOL_BIND       = 2
	MPOL_INTERLEAVE = 3
	MPOL_LOCAL      = 4
	MPOL_MAX        = 6 // 6.1's

	MPOL_F_STATIC_NODES   = 1 << 15
	MPOL_F_RELATIVE_NODES = 1 << 14
	MPOL_F_NUMA_BALANCING = 1 << 13

	MPOL_F_NODE         = 1
	MPOL_F_ADDR         = 2
	MPOL_F_MEMS_ALLOWED = 4

	MPOL_MF_STRICT   = 1
	MPOL_MF_MOVE     = 2
	MPOL_MF_MOVE_ALL = 4
)

// What a key of pages can take away.
const (
	PKEY_DISABLE_ACCESS = 1
	PKEY_DISABLE_WRITE  = 2
)

// Versions of capget(2) and capset(2): the first has one word of each set, the others two.
const (
	LINUX_CAPABILITY_VERSION_1 = 0x19980330
	LINUX_CAPABILITY_VERSION_2 = 0x20071026
	LINUX_CAPABILITY_VERSION_3 = 0x20080522
)

// CapUserHeader is struct __user_cap_header_struct of include/uapi/linux/capability.h.
type CapUserHeader struct {
	Version uint32
	Pid     int32
}

// CapUserData is struct __user_cap_data_struct of include/uapi/linux/capability.h.
type CapUserData struct{ Effective, Permitted, Inheritable uint32 }
