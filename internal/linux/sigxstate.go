package linux

import (
	"trapline/internal/emu"
	"trapline/internal/emu/regs"
	"trapline/internal/linux/abi"
)

// xstateFlag is UC_FP_XSTATE where frames have XSAVE's state.
func (k *Kernel) xstateFlag() uint64 {
	if k.m.HasXSave() {
		return abi.UC_FP_XSTATE
	}
	return 0
}

// fpuImage is the floating-point state of the thread, which is on a vCPU, as a
// signal frame has it: FXSAVE's area, or XSAVE's with the magic words that tell
// (copy_fpstate_to_sigframe()).
func (k *Kernel) fpuImage(t *Thread) []byte {
	if !k.m.HasXSave() {
		var b [emu.FXSize]byte
		k.m.FXSave(t.cpu, &b)
		return b[:]
	}
	var b [emu.XSaveSize]byte
	k.m.XSave(t.cpu, &b)
	abi.Put(8, b[fxSoftware:], abi.FpxSwBytes{
		Magic1: abi.FP_XSTATE_MAGIC1, ExtendedSize: emu.XSaveSize + abi.FP_XSTATE_MAGIC2_SIZE, Xfeatures: emu.XSaveAll, XstateSize: emu.XSaveSize,
	})
	b[emu.FXSize] |= xstateLegacy // x87 and SSE count as in use (save_xstate_epilog())
	return le.AppendUint32(b[:], abi.FP_XSTATE_MAGIC2)
}

// fxSoftware is where FXSAVE's area has bytes of the software's.
var fxSoftware = abi.Offsetof(8, abi.Fpstate64{}, "SwReserved")

// xstateLegacy are x87 and SSE among XSAVE's components.
const xstateLegacy = 3

// loadFPU takes the floating-point state of a frame back: fx is FXSAVE's area,
// which is at an address, with more behind it if its magic words say so. It
// reports false where the kernel would not (fpu__restore_sig()).
func (k *Kernel) loadFPU(t *Thread, fx []byte, at uint64) bool {
	if !k.m.HasXSave() {
		k.loadFX(t.cpu, fx)
		return true
	}
	features, ok := k.frameFeatures(t, fx, at)
	if !ok { // FXSAVE's area only: the rest as after reset
		var initial [emu.XSaveSize]byte
		k.m.XRestore(t.cpu, &initial, emu.XSaveAll&^xstateLegacy)
		k.loadFX(t.cpu, fx)
		return true
	}
	var b [emu.XSaveSize]byte
	if !t.proc.mm.Read(at+emu.FXSize, b[emu.FXSize:]) {
		return false
	}
	copy(b[:], fx)
	var initial [emu.XSaveSize]byte
	le.PutUint32(initial[regs.FXMXCSR:], regs.MXCSRReset)
	return k.m.XRestore(t.cpu, &b, features) && k.m.XRestore(t.cpu, &initial, emu.XSaveAll&^features)
}

// frameFeatures reads which components a frame says that it holds, if its magic
// words and sizes fit (check_xstate_in_sigframe()).
func (k *Kernel) frameFeatures(t *Thread, fx []byte, at uint64) (uint64, bool) {
	var sw abi.FpxSwBytes
	abi.Unmarshal(8, fx[fxSoftware:], &sw)
	const header = 64 // of XSAVE's area
	if sw.Magic1 != abi.FP_XSTATE_MAGIC1 || sw.XstateSize < emu.FXSize+header || sw.XstateSize > emu.XSaveSize || sw.XstateSize > sw.ExtendedSize {
		return 0, false
	}
	var magic [abi.FP_XSTATE_MAGIC2_SIZE]byte
	if !t.proc.mm.Read(at+uint64(sw.XstateSize), magic[:]) || le.Uint32(magic[:]) != abi.FP_XSTATE_MAGIC2 {
		return 0, false
	}
	return sw.Xfeatures & emu.XSaveAll, true
}

// loadFX takes FXSAVE's area back, without the bits of MXCSR that do not exist.
func (k *Kernel) loadFX(c *emu.CPU, b []byte) {
	var fx [emu.FXSize]byte
	copy(fx[:], b)
	le.PutUint32(fx[regs.FXMXCSR:], le.Uint32(fx[regs.FXMXCSR:])&regs.MXCSRMask)
	k.m.FXRestore(c, &fx)
}
