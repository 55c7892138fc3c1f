package abi

// Size of a local descriptor table (modify_ldt(2)), in descriptors and bytes of one.
const (
	LDT_ENTRIES    = 8192
	LDT_ENTRY_SIZE = 8
)
