//go:build linux && amd64

package abi

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// structures are the package's, and what C calls them: the type, and what the names of its
// fields begin with. word is of the only layout there is, or 0 for both.
var structures = []struct {
	ours      any
	word      int
	c, prefix string
}{
	{ours: Timespec{}, c: "struct timespec", prefix: "tv_"},
	{ours: Timespec{}, word: 8, c: "struct __kernel_timespec", prefix: "tv_"},
	{ours: Timeval{}, c: "struct timeval", prefix: "tv_"},
	{ours: Itimerspec{}, c: "struct itimerspec", prefix: "it_"},
	{ours: Itimerval{}, c: "struct itimerval", prefix: "it_"},
	{ours: Timezone{}, c: "struct timezone", prefix: "tz_"},
	{ours: Utimbuf{}, c: "struct utimbuf"},
	{ours: Tms{}, c: "struct tms", prefix: "tms_"},
	{ours: Timex{}, c: "struct timex"},
	{ours: Timex{}, word: 8, c: "struct __kernel_timex"},
	{ours: Sigevent{}, c: "struct sigevent", prefix: "sigev_"},
	{ours: Rlimit{}, c: "struct rlimit", prefix: "rlim_"},
	{ours: Rlimit{}, word: 8, c: "struct rlimit64", prefix: "rlim_"},
	{ours: Rusage{}, c: "struct rusage", prefix: "ru_"},
	{ours: Sysinfo{}, c: "struct sysinfo"},
	{ours: NewUtsname{}, c: "struct new_utsname"},
	{ours: SchedParam{}, c: "struct sched_param", prefix: "sched_"},
	{ours: CloneArgs{}, c: "struct clone_args"},
	{ours: FutexWaitv{}, c: "struct futex_waitv"},
	{ours: RobustListHead{}, c: "struct robust_list_head"},
	{ours: UserDesc{}, c: "struct user_desc"},
	{ours: MmapArg{}, word: 4, c: "struct mmap_arg_struct32"},
	{ours: Auxv{}, word: 4, c: "Elf32_auxv_t", prefix: "a_"},
	{ours: Auxv{}, word: 8, c: "Elf64_auxv_t", prefix: "a_"},
	{ours: Flock{}, c: "struct flock", prefix: "l_"},
	{ours: FOwnerEx{}, c: "struct f_owner_ex"},
	{ours: Flock64{}, word: 4, c: "struct flock64", prefix: "l_"},
	{ours: Iovec{}, c: "struct iovec", prefix: "iov_"},
	{ours: Pollfd{}, c: "struct pollfd"},
	{ours: SigsetArgpack{}, c: "struct sigset_argpack"},
	{ours: Termios{}, c: "struct termios", prefix: "c_"},
	{ours: Termios2{}, c: "struct termios2", prefix: "c_"},
	{ours: Winsize{}, c: "struct winsize", prefix: "ws_"},
	{ours: EpollEvent{}, c: "struct epoll_event"},
	{ours: InotifyEvent{}, c: "struct inotify_event"},
	{ours: LinuxDirent64{}, c: "struct linux_dirent64", prefix: "d_"},
	{ours: Statfs{}, word: 8, c: "struct statfs", prefix: "f_"},
	{ours: Statfs64{}, word: 4, c: "struct statfs64", prefix: "f_"},
	{ours: MqAttr{}, c: "struct mq_attr", prefix: "mq_"},
	{ours: Ipc64Perm{}, c: "struct ipc64_perm"},
	{ours: Msqid64Ds{}, c: "struct msqid64_ds", prefix: "msg_"},
	{ours: Semid64Ds{}, c: "struct semid64_ds", prefix: "sem_"},
	{ours: Shmid64Ds{}, c: "struct shmid64_ds", prefix: "shm_"},
	{ours: Sembuf{}, c: "struct sembuf", prefix: "sem_"},
	{ours: Seminfo{}, c: "struct seminfo"},
	{ours: Msginfo{}, c: "struct msginfo"},
	{ours: Shminfo64{}, c: "struct shminfo64"},
	{ours: ShmInfo{}, c: "struct shm_info"},
	{ours: IpcKludge{}, c: "struct ipc_kludge"},
	{ours: Msghdr{}, c: "struct user_msghdr", prefix: "msg_"},
	{ours: Mmsghdr{}, c: "struct mmsghdr", prefix: "msg_"},
	{ours: Cmsghdr{}, c: "struct cmsghdr", prefix: "cmsg_"},
	{ours: Ucred{}, c: "struct ucred"},
	{ours: Linger{}, c: "struct linger", prefix: "l_"},
	{ours: SockaddrIn{}, c: "struct sockaddr_in", prefix: "sin_"},
	{ours: SockaddrIn6{}, c: "struct sockaddr_in6", prefix: "sin6_"},
	{ours: CapUserHeader{}, c: "struct __user_cap_header_struct"},
	{ours: CapUserData{}, c: "struct __user_cap_data_struct"},
	{ours: TcpInfo{}, c: "struct tcp_info", prefix: "tcpi_"},
	{ours: SockaddrNl{}, c: "struct sockaddr_nl", prefix: "nl_"},
	{ours: Nlmsghdr{}, c: "struct nlmsghdr", prefix: "nlmsg_"},
	{ours: Nlmsgerr{}, c: "struct nlmsgerr"},
	{ours: Rtattr{}, c: "struct rtattr", prefix: "rta_"},
	{ours: Ifinfomsg{}, c: "struct ifinfomsg", prefix: "ifi_"},
	{ours: Ifaddrmsg{}, c: "struct ifaddrmsg", prefix: "ifa_"},
	{ours: IfaCacheinfo{}, c: "struct ifa_cacheinfo"},
	{ours: Sigaction{}, c: "struct rt_sigaction", prefix: "sa_"},
	{ours: OldSigaction{}, word: 4, c: "struct sigaction", prefix: "sa_"},
	{ours: Sigaltstack{}, c: "stack_t", prefix: "ss_"},
	{ours: Siginfo{}, c: "siginfo_t", prefix: "si_"},
	{ours: Sifields{}, c: "union __sifields"},
	{ours: Sigcontext64{}, word: 8, c: "struct sigcontext_64"},
	{ours: Sigcontext32{}, c: "struct sigcontext_32"},
	{ours: Ucontext64{}, word: 8, c: "struct ucontext", prefix: "uc_"},
	{ours: Ucontext32{}, word: 4, c: "struct ucontext_ia32", prefix: "uc_"},
	{ours: RtSigframe64{}, word: 8, c: "struct rt_sigframe"},
	{ours: SigframeIA32{}, word: 4, c: "struct sigframe_ia32"},
	{ours: RtSigframeIA32{}, word: 4, c: "struct rt_sigframe_ia32"},
	{ours: Fpstate64{}, c: "struct _fpstate_64"},
	{ours: FpxSwBytes{}, c: "struct _fpx_sw_bytes"},
	{ours: Fpstate32{}, c: "struct fpstate_32_head"},
	{ours: UserRegsStruct64{}, word: 8, c: "struct user_regs_struct"},
	{ours: UserRegsStruct32{}, word: 4, c: "struct user_regs_struct"},
	{ours: User64{}, word: 8, c: "struct user_64"},
	{ours: User32{}, word: 4, c: "struct user"},
	{ours: PtracePeeksiginfoArgs{}, c: "struct ptrace_peeksiginfo_args"},
	{ours: PtraceSyscallInfo{}, c: "struct ptrace_syscall_info"},
	{ours: PtraceSyscallInfos{}, c: "union syscall_infos"},
	{ours: PtraceSyscallInfoEntry{}, c: "__typeof__(((struct ptrace_syscall_info *)0)->entry)"},
	{ours: PtraceSyscallInfoExit{}, c: "__typeof__(((struct ptrace_syscall_info *)0)->exit)"},
	{ours: Stat{}, word: 8, c: "struct stat", prefix: "st_"},
	{ours: Stat64{}, word: 4, c: "struct stat64", prefix: "st_"},
	{ours: Statx{}, c: "struct statx", prefix: "stx_"},
	{ours: StatxTimestamp{}, c: "struct statx_timestamp", prefix: "tv_"},
	{ours: SiKill{}, c: "__typeof__(((siginfo_t *)0)->_sifields._kill)"},
	{ours: SiTimer{}, c: "__typeof__(((siginfo_t *)0)->_sifields._timer)"},
	{ours: SiRt{}, c: "__typeof__(((siginfo_t *)0)->_sifields._rt)"},
	{ours: SiSigchld{}, c: "__typeof__(((siginfo_t *)0)->_sifields._sigchld)"},
	{ours: SiSigpoll{}, c: "__typeof__(((siginfo_t *)0)->_sifields._sigpoll)"},
	{ours: SiSigfault{}, c: "__typeof__(((siginfo_t *)0)->_sifields._sigfault)"},
	{ours: SignalfdSiginfo{}, c: "struct signalfd_siginfo", prefix: "ssi_"},
}

// structureHead includes the kernel's headers, which have what programs share with it, and
// declares what only the kernel's own sources have.
const structureHead = `
#include <stddef.h>
#include <linux/types.h>
#include <linux/auxvec.h>
#include <linux/capability.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/futex.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/inotify.h>
#include <linux/ipc.h>
#include <linux/mqueue.h>
#include <linux/msg.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/tcp.h>
#include <linux/termios.h>
#include <linux/poll.h>
#include <linux/ptrace.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/sched/types.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <linux/signal.h>
#include <linux/signalfd.h>
#include <linux/stat.h>
#include <linux/sysinfo.h>
#include <linux/time.h>
#include <linux/times.h>
#include <linux/timex.h>
#include <linux/uio.h>
#include <linux/utime.h>
#include <linux/utsname.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <sys/user.h>
#include <asm/ldt.h>
#include <asm/stat.h>
#include <asm/statfs.h>
typedef __u32 u32;
struct mmap_arg_struct32 { u32 addr, len, prot, flags, fd, offset; };
typedef struct { __u32 a_type; __u32 a_val; } Elf32_auxv_t;
typedef struct { __u64 a_type; __u64 a_val; } Elf64_auxv_t;
struct sigset_argpack { sigset_t *p; size_t size; };
struct linux_dirent64 { __u64 d_ino; __s64 d_off; unsigned short d_reclen; unsigned char d_type; char d_name[]; };
struct user_msghdr { void *msg_name; int msg_namelen; struct iovec *msg_iov; __kernel_size_t msg_iovlen;
	void *msg_control; __kernel_size_t msg_controllen; unsigned int msg_flags; };
struct mmsghdr { struct user_msghdr msg_hdr; unsigned int msg_len; };
struct cmsghdr { __kernel_size_t cmsg_len; int cmsg_level; int cmsg_type; };
struct ucred { __u32 pid, uid, gid; };
struct linger { int l_onoff, l_linger; };
struct ucontext_ia32 { unsigned int uc_flags, uc_link; stack_t uc_stack; struct sigcontext_32 uc_mcontext; __u64 uc_sigmask; };
struct rt_sigframe { char *pretcode; struct ucontext uc; siginfo_t info; };
struct sigframe_ia32 { u32 pretcode; int sig; struct sigcontext_32 sc; struct _fpstate_32 fpstate_unused; unsigned int extramask; char retcode[8]; };
struct rt_sigframe_ia32 { u32 pretcode; int sig; u32 pinfo, puc; siginfo_t info; struct ucontext_ia32 uc; char retcode[8]; };
struct fpstate_32_head { __u32 cw, sw, tag, ipoff, cssel, dataoff, datasel; struct _fpreg _st[8]; __u16 status, magic; };
_Static_assert(sizeof(struct fpstate_32_head) == offsetof(struct _fpstate_32, _fxsr_env) && offsetof(struct fpstate_32_head, status) == offsetof(struct _fpstate_32, status), "");
union syscall_infos { __typeof__(((struct ptrace_syscall_info *)0)->entry) entry;
	__typeof__(((struct ptrace_syscall_info *)0)->exit) exit; __typeof__(((struct ptrace_syscall_info *)0)->seccomp) seccomp; };
#ifdef __x86_64__
struct user_64 { struct user; unsigned long error_code, fault_address; }; // the C library's leaves the last two out
#endif
#undef sa_handler // i386's
struct rt_sigaction { __sighandler_t sa_handler; unsigned long sa_flags; void *sa_restorer; __u64 sa_mask; };
`

// extent is where a structure or field is in C, in bytes.
type extent struct{ at, size int }

// TestStructures compares the size of every structure, and the offset and size of every
// field, with what the C compiler makes of the kernel's headers, for x86-64 and for i386.
func TestStructures(t *testing.T) {
	for _, word := range []int{8, 4} {
		var exprs []string
		ours := map[string]extent{}
		for _, s := range structures {
			if s.word != 0 && s.word != word {
				continue
			}
			typ := reflect.TypeOf(s.ours)
			ours[s.c] = extent{0, Sizeof(word, s.ours)}
			exprs = append(exprs, s.c)
			fieldsOf(t, word, typ, s.prefix, func(name string, at extent) {
				ours[s.c+"|"+name] = at
				exprs = append(exprs, s.c+"|"+name)
			})
		}
		theirs := compiled(t, word, exprs)
		for _, e := range exprs {
			assert.Equal(t, theirs[e], ours[e], "%s, where a long has %d bytes", e, word)
		}
	}
}

// fieldsOf calls do for each field that a type has in C, but for those of its structures.
func fieldsOf(t *testing.T, word int, typ reflect.Type, prefix string, do func(name string, at extent)) {
	t.Helper()
	for i := range typ.NumField() {
		f := typ.Field(i)
		if only := f.Tag.Get("word"); f.Name == "_" || f.Tag.Get("c") == "-" || only != "" && only != fmt.Sprint(word) {
			continue
		}
		name := prefix + strings.ToLower(f.Name)
		if c := f.Tag.Get("c"); c != "" {
			name = c
		}
		size := layoutOf(word, f.Type).size
		switch {
		case f.Type == reflect.TypeFor[Time64]():
			size = word
		case f.Type == reflect.TypeFor[ModeT]():
			size = word / 2
		}
		do(name, extent{Offsetof(word, reflect.Zero(typ).Interface(), f.Name), size})
	}
}

// compiled are the extents of types and of fields, written "type|field", by the C compiler.
// The numbers are read from its assembly, so that no i386 program has to run.
func compiled(t *testing.T, word int, exprs []string) map[string]extent {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	require.NoError(t, err, "this test needs gcc and the kernel's headers")
	var src strings.Builder
	src.WriteString(structureHead + "void f(void) {\n")
	for _, e := range exprs {
		typ, field, isField := strings.Cut(e, "|")
		at, size := "0", "sizeof("+typ+")"
		if isField {
			at, size = fmt.Sprintf("offsetof(%s, %s)", typ, field), fmt.Sprintf("sizeof(((%s *)0)->%s)", typ, field)
			if strings.HasSuffix(field, "_name") && strings.Contains(typ, "dirent") { // of no fixed size
				size = "0"
			}
		}
		fmt.Fprintf(&src, "asm volatile(\"\\n->%s=%%c0 %%c1\" :: \"i\"(%s), \"i\"(%s));\n", e, at, size)
	}
	src.WriteString("}\n")
	file := filepath.Join(t.TempDir(), "structures.c")
	require.NoError(t, os.WriteFile(file, []byte(src.String()), 0o600))
	out, err := exec.Command(gcc, fmt.Sprintf("-m%d", 8*word), "-fms-extensions", "-S", "-w", "-o", "-", file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	all := map[string]extent{}
	for line := range strings.Lines(string(out)) {
		if line, ok := strings.CutPrefix(line, "->"); ok {
			name, numbers, _ := strings.Cut(strings.TrimSpace(line), "=")
			var e extent
			_, err := fmt.Sscan(numbers, &e.at, &e.size)
			require.NoError(t, err, line)
			all[name] = e
		}
	}
	return all
}

// TestEveryStructureIsCompared: a structure that is added is added to the table too.
func TestEveryStructureIsCompared(t *testing.T) {
	known := map[string]bool{}
	for _, s := range structures {
		known[reflect.TypeOf(s.ours).Name()] = true
	}
	files, err := filepath.Glob("structs_*.go")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.TypeSpec); ok {
				if _, is := s.Type.(*ast.StructType); is {
					require.True(t, known[s.Name.Name], "%s is not in the table", s.Name.Name)
				}
			}
			return true
		})
	}
}

// TestMarshal: what is written is read back, and stands where its layout says, signs and
// padding included.
func TestMarshal(t *testing.T) {
	f := Flock{Type: 1, Whence: 2, Start: -3, Len: 1 << 20, Pid: -1}
	require.Equal(t, []byte("\x01\x00\x02\x00\xfd\xff\xff\xff\x00\x00\x10\x00\xff\xff\xff\xff"), Marshal(4, f))
	require.Equal(t, []byte("\x01\x00\x02\x00\x00\x00\x00\x00\xfd\xff\xff\xff\xff\xff\xff\xff\x00\x00\x10\x00\x00\x00\x00\x00\xff\xff\xff\xff\x00\x00\x00\x00"), Marshal(8, &f))
	for _, word := range []int{4, 8} {
		var back Flock
		Unmarshal(word, Marshal(word, f), &back)
		require.Equal(t, f, back)

		list := []Sembuf{{1, -1, 0}, {2, 3, 4}}
		again := make([]Sembuf, 2)
		require.Equal(t, 12, Sizeof(word, list))
		Unmarshal(word, Marshal(word, list), again)
		require.Equal(t, list, again)

		b := []byte(strings.Repeat("x", Sizeof(word, f)))
		Put(word, b, f)
		require.Equal(t, word == 8, string(b[4:8]) == "xxxx", "padding stays")

		info := Siginfo{Signo: 5, Sifields: Sifields{Rt: SiRt{Pid: 1, Uid: 2, Sigval: 3}}}
		var got Siginfo
		Unmarshal(word, Marshal(word, info), &got)
		require.Equal(t, info.Sifields.Rt, got.Sifields.Rt)
		require.Equal(t, SiKill{1, 2}, got.Sifields.Kill, "the fields of a union lie on one another")
	}
	require.Equal(t, Offsetof(8, RtSigframe64{}, "Uc")+Offsetof(8, Ucontext64{}, "Mcontext"), Offsetof(8, RtSigframe64{}, "Uc.Mcontext"))
	require.Panics(t, func() { Offsetof(8, Flock{}, "Sysid") })
	require.Panics(t, func() { Sizeof(8, struct{ N int }{}) }, "an int has no fixed size in C")
}
