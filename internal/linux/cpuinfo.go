package linux

import (
	"encoding/binary"
	"fmt"
	"strings"

	"trapline/internal/x86"
)

// Leaves of CPUID that /proc/cpuinfo tells of (SDM vol. 2, CPUID; AMD APM vol. 3, appendix E).
const (
	leafVendor     = 0
	leafFeatures   = 1
	leafStructured = 7
	leafXSAVE      = 0xd
	leafExtended   = 0x80000001
	leafTLB        = 0x80000005
	leafCache      = 0x80000006
	leafAddresses  = 0x80000008
)

// featureWord is a register of a leaf, and the names that Linux has for its bits; "" for those that it shows to nobody.
type featureWord struct {
	leaf, subleaf uint32
	reg           int
	names         [32]string
}

// Registers of an answer of CPUID.
const (
	eax = iota
	ebx
	ecx
	edx
)

// featureWords are in the order in which /proc/cpuinfo lists them (arch/x86/include/asm/cpufeatures.h of 6.1). Words that the
// machine's processor has none of are left out.
var featureWords = []featureWord{
	{leafFeatures, 0, edx, [32]string{
		"fpu", "vme", "de", "pse", "tsc", "msr", "pae", "mce", "cx8", "apic", "", "sep", "mtrr", "pge", "mca", "cmov",
		"pat", "pse36", "pn", "clflush", "", "dts", "acpi", "mmx", "fxsr", "sse", "sse2", "ss", "ht", "tm", "ia64", "pbe",
	}},
	{leafExtended, 0, edx, [32]string{
		11: "syscall", 19: "mp", 20: "nx", 22: "mmxext", 25: "fxsr_opt", 26: "pdpe1gb", 27: "rdtscp", 29: "lm", 30: "3dnowext", 31: "3dnow",
	}},
	{leafFeatures, 0, ecx, [32]string{
		"pni", "pclmulqdq", "dtes64", "monitor", "ds_cpl", "vmx", "smx", "est", "tm2", "ssse3", "cid", "sdbg", "fma", "cx16", "xtpr", "pdcm",
		"", "pcid", "dca", "sse4_1", "sse4_2", "x2apic", "movbe", "popcnt", "tsc_deadline_timer", "aes", "xsave", "", "avx", "f16c", "rdrand", "hypervisor",
	}},
	{leafExtended, 0, ecx, [32]string{
		"lahf_lm", "cmp_legacy", "svm", "extapic", "cr8_legacy", "abm", "sse4a", "misalignsse", "3dnowprefetch", "osvw", "ibs", "xop", "skinit", "wdt", "",
		"lwp", "fma4", "tce", "", "nodeid_msr", "", "tbm", "topoext", "perfctr_core", "perfctr_nb", "", "bpext", "ptsc", "perfctr_llc", "mwaitx", "", "",
	}},
	{leafStructured, 0, ebx, [32]string{
		"fsgsbase", "tsc_adjust", "sgx", "bmi1", "hle", "avx2", "", "smep", "bmi2", "erms", "invpcid", "rtm", "cqm", "", "mpx", "rdt_a",
		"avx512f", "avx512dq", "rdseed", "adx", "smap", "avx512ifma", "", "clflushopt", "clwb", "intel_pt", "avx512pf", "avx512er", "avx512cd", "sha_ni", "avx512bw", "avx512vl",
	}},
	{leafXSAVE, 1, eax, [32]string{"xsaveopt", "xsavec", "xgetbv1", "xsaves"}},
	{leafAddresses, 0, ebx, [32]string{0: "clzero", 1: "irperf", 2: "xsaveerptr", 4: "rdpru", 9: "wbnoinvd"}},
	{leafStructured, 0, ecx, [32]string{
		1: "avx512vbmi", 2: "umip", 3: "pku", 4: "ospke", 5: "waitpkg", 6: "avx512_vbmi2", 8: "gfni", 9: "vaes", 10: "vpclmulqdq", 11: "avx512_vnni", 12: "avx512_bitalg",
		13: "tme", 14: "avx512_vpopcntdq", 16: "la57", 22: "rdpid", 24: "bus_lock_detect", 25: "cldemote", 27: "movdiri", 28: "movdir64b", 29: "enqcmd", 30: "sgx_lc",
	}},
}

// featureNames are the names of what a processor has whose CPUID is given.
func featureNames(cpuid func(leaf, subleaf uint32) [4]uint32) []string {
	var names []string
	for _, w := range featureWords {
		bits := cpuid(w.leaf, w.subleaf)[w.reg]
		for bit, name := range w.names {
			if bits>>bit&1 != 0 && name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// cpuInfo is /proc/cpuinfo: what 6.1 makes of each vCPU's CPUID (arch/x86/kernel/cpu/proc.c). None has threads or
// cores beside it, so that each is a package; their clock is the machine's, an instruction a nanosecond.
func (k *Kernel) cpuInfo() string {
	var b strings.Builder
	for i := range k.m.CPUs {
		cpuid := k.m.CPUs[i].CPUID
		line := func(name string, tabs int, format string, args ...any) {
			fmt.Fprintf(&b, "%s%s: %s\n", name, strings.Repeat("\t", tabs), fmt.Sprintf(format, args...))
		}
		vendor, sign := cpuid(leafVendor, 0), cpuid(leafFeatures, 0)
		family, model := sign[eax]>>8&0xf, sign[eax]>>4&0xf
		tlb, cache, addresses := cpuid(leafTLB, 0), cpuid(leafCache, 0), cpuid(leafAddresses, 0)
		line("processor", 1, "%d", i)
		line("vendor_id", 1, "%s", vendorName(vendor))
		line("cpu family", 1, "%d", family)
		line("model", 2, "%d", model)
		line("model name", 1, "%02x/%02x", family, model)
		line("stepping", 1, "%d", sign[eax]&0xf)
		line("cpu MHz", 2, "1000.000")
		line("cache size", 1, "%d KB", cache[ecx]>>16)
		line("physical id", 1, "%d", i)
		line("siblings", 1, "1")
		line("core id", 2, "0")
		line("cpu cores", 1, "1")
		line("apicid", 2, "%d", sign[ebx]>>24)
		line("initial apicid", 1, "%d", sign[ebx]>>24)
		if k.m.Arch == x86.I386 {
			line("fdiv_bug", 1, "no")
			line("f00f_bug", 1, "no")
			line("coma_bug", 1, "no")
		}
		line("fpu", 2, "yes")
		line("fpu_exception", 1, "yes")
		line("cpuid level", 1, "%d", vendor[eax])
		line("wp", 2, "yes")
		line("flags", 2, "%s", strings.Join(featureNames(cpuid), " "))
		b.WriteString("bugs\t\t:\n")
		line("bogomips", 1, "2000.00")
		if k.m.Arch == x86.AMD64 {
			line("TLB size", 1, "%d 4K pages", tlb[ebx]>>16&0xfff+tlb[ebx]&0xfff)
		}
		line("clflush size", 1, "%d", sign[ebx]>>8&0xff*8)
		line("cache_alignment", 1, "%d", sign[ebx]>>8&0xff*8)
		line("address sizes", 1, "%d bits physical, %d bits virtual", addresses[eax]&0xff, addresses[eax]>>8&0xff)
		b.WriteString("power management:\n\n")
	}
	return b.String()
}

// vendorName is the name that leaf 0 spells in EBX, EDX and ECX.
func vendorName(leaf [4]uint32) string {
	var b []byte
	for _, r := range []int{ebx, edx, ecx} {
		b = binary.LittleEndian.AppendUint32(b, leaf[r])
	}
	return string(b)
}
