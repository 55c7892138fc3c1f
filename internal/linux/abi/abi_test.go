//go:build linux && amd64

package abi

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestErrnos: every number has the host's name and text.
func TestErrnos(t *testing.T) {
	for n := 1; n < 134; n++ {
		host := syscall.Errno(n)
		want := unix.ErrnoName(host)
		if want == "EFSCORRUPTED" { // XFS's name of the same number
			want = "EUCLEAN"
		}
		if want == "" {
			want = fmt.Sprintf("errno %d", n)
		}
		require.Equal(t, want, Errno(n).Name())
		if want != fmt.Sprintf("errno %d", n) {
			require.Equal(t, host.Error(), Errno(n).Error())
		}
		for _, class := range []error{fs.ErrNotExist, fs.ErrExist, fs.ErrPermission} {
			require.Equal(t, errors.Is(host, class), errors.Is(Errno(n), class), "%v, %v", host, class)
		}
	}
}

// ours are constants that no header of the kernel names; what each one is in C.
var ours = map[string]string{
	"MaxErrno": "4095", "CLONE_ARGS_MAX": "4096", "LaterCalls": "__NR_set_mempolicy_home_node + 1", "PTRACE_PEEKUSER": "PTRACE_PEEKUSR", "PTRACE_POKEUSER": "PTRACE_POKEUSR", "WNOTHREAD": "__WNOTHREAD", "WALL": "__WALL", "WCLONE": "__WCLONE", "SHM_DEST": "01000", "SHM_LOCKED": "02000", "ADJ_OFFSET_READONLY": "0x2000", "ADJ_ADJTIME": "0x8000",
	"SPLICE_F_MOVE": "1", "SPLICE_F_NONBLOCK": "2", "SPLICE_F_MORE": "4", "SPLICE_F_GIFT": "8", // include/linux/splice.h
	"IPC_64": "0x100", "TASK_COMM_LEN": "16", "SIGRTMAX": "SIGRTMIN + 32",
	"LINUX_CAPABILITY_VERSION_1": "_LINUX_CAPABILITY_VERSION_1", "LINUX_CAPABILITY_VERSION_2": "_LINUX_CAPABILITY_VERSION_2",
	"LINUX_CAPABILITY_VERSION_3": "_LINUX_CAPABILITY_VERSION_3",
	"AT_SYSINFO":                 "32", "O_ASYNC": "FASYNC", "F_GETLK64": "12", "F_SETLK64": "13", "F_SETLKW64": "14", // i386 only

	"UserDescSeg32bit":      "BITS(seg_32bit)",
	"UserDescContents":      "BITS(contents)",
	"UserDescReadExecOnly":  "BITS(read_exec_only)",
	"UserDescLimitInPages":  "BITS(limit_in_pages)",
	"UserDescSegNotPresent": "BITS(seg_not_present)",
	"UserDescUseable":       "BITS(useable)",
	"UserDescLm":            "BITS(lm)",

	"FP32Legacy": "offsetof(struct _fpstate_32, _fxsr_env)", "FP32Size": "sizeof(struct _fpstate_32)",
}

const head = `
#define _GNU_SOURCE
#include <linux/stat.h> // first: it yields to the C library's
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <linux/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <linux/capability.h>
#include <linux/falloc.h>
#include <linux/ioprio.h>
#include <linux/limits.h>
#include <asm/hwcap2.h>
#include <asm/prctl.h>
#include <asm/poll.h>
#include <linux/termios.h>
#include <asm/ioctls.h>
#include <linux/auxvec.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/mempolicy.h>
#include <linux/errno.h>
#include <linux/eventpoll.h>
#include <linux/falloc.h>
#include <linux/fadvise.h>
#include <linux/magic.h>
#include <linux/membarrier.h>
#include <linux/personality.h>
#include <linux/fcntl.h>
#include <linux/fs.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/memfd.h>
#include <linux/prctl.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/timerfd.h>
#include <linux/signalfd.h>
#include <linux/inotify.h>
#include <linux/ptrace.h>
#include <asm/ptrace-abi.h>
#include <asm/ldt.h>
#include <linux/wait.h>
#include <linux/elf.h>
#include <linux/audit.h>
#include <linux/ipc.h>
#include <linux/msg.h>
#include <linux/sem.h>
#include <linux/shm.h>
#include <linux/resource.h>
#include <linux/time.h>
#include <linux/timex.h>
#include <dirent.h>
#include <asm/unistd.h>
#include <asm/socket.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/tcp.h>
#include <linux/net.h>
#include <linux/sockios.h>
enum { EFD_SEMAPHORE = 1, UTIME_NOW = (1l << 30) - 1l, UTIME_OMIT = (1l << 30) - 2l }; // of the C library
#define BITS(field) ({ union { struct user_desc d; unsigned int word[4]; } u = {}; u.d.field = ~0; u.word[3]; })
`

// constants are the names and expressions of the package's constants.
func constants(t *testing.T) (names []string) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "errno.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST {
				for _, s := range g.Specs {
					for _, n := range s.(*ast.ValueSpec).Names {
						names = append(names, n.Name)
					}
				}
			}
		}
	}
	return names
}

// socketHead is for constants of sockets that only the C library's headers have, which
// the kernel's do not go with.
const socketHead = `
#define _GNU_SOURCE
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#define NPROTO PF_MAX
#define SIZEOF_SOCKADDR sizeof(struct sockaddr_in)
#define SIZEOF_SOCKADDR6 sizeof(struct sockaddr_in6)
#define SIZEOF_SUN sizeof(struct sockaddr_un)
#define SIZEOF_SOCKADDR_STORAGE sizeof(struct sockaddr_storage)
`

// ofSockets reports whether a constant is one of those; some names of messages are msgrcv(2)'s.
func ofSockets(name string) bool {
	if slices.Contains([]string{"MSG_NOERROR", "MSG_EXCEPT", "MSG_COPY", "MSG_STAT", "MSG_INFO", "MSG_STAT_ANY"}, name) {
		return false
	}
	for _, p := range []string{"AF_", "SOCK_", "MSG_", "SHUT_", "SCM_", "SIZEOF_", "NPROTO",
		"NETLINK_", "MAX_LINKS", "SOL_NETLINK", "NLM", "RTM_", "RT_SCOPE_", "IFLA_", "IFA_", "IFF_", "ARPHRD_",
		"TCP_ESTABLISHED", "TCP_SYN_SENT", "TCP_FIN_", "TCP_CLOSE", "TCP_LISTEN"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return false
}

// TestConstants compiles programs of C that compare every constant with the
// kernel's headers.
func TestConstants(t *testing.T) {
	names := constants(t)
	require.Greater(t, len(names), 200)
	values := valuesOf(t, names)
	compareConstants(t, head, slices.DeleteFunc(slices.Clone(names), ofSockets), values)
	compareConstants(t, socketHead, slices.DeleteFunc(names, func(n string) bool { return !ofSockets(n) }), values)
}

func compareConstants(t *testing.T, head string, names []string, values map[string]string) {
	t.Helper()
	gcc, err := exec.LookPath("gcc")
	require.NoError(t, err, "this test needs gcc and the kernel's headers")
	var src strings.Builder
	src.WriteString(head + "int main(void) { int bad = 0;\n")
	for _, n := range names {
		want := ours[n]
		if want == "" {
			want = n
		}
		fmt.Fprintf(&src, "if ((long long)(%s) != %sLL) { bad = 1; printf(\"%s is %%lld, not %s\\n\", (long long)(%s)); }\n", want, values[n], n, values[n], want)
	}
	src.WriteString("return bad; }\n")
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "abi.c"), []byte(src.String()), 0o600))
	out, err := exec.Command(gcc, "-w", "-o", filepath.Join(dir, "abi"), filepath.Join(dir, "abi.c")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	out, err = exec.Command(filepath.Join(dir, "abi")).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// valuesOf evaluates the constants with go run.
func valuesOf(t *testing.T, names []string) map[string]string {
	dir, err := os.MkdirTemp(".", "values")
	require.NoError(t, err)
	defer func() { require.NoError(t, os.RemoveAll(dir)) }()
	var src strings.Builder
	src.WriteString("package main\n\nimport (\n\"fmt\"\n\n\"trapline/internal/linux/abi\"\n)\n\nfunc main() {\n")
	for _, n := range names {
		fmt.Fprintf(&src, "fmt.Println(%q, int64(abi.%s))\n", n, n)
	}
	src.WriteString("}\n")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte(src.String()), 0o600))
	out, err := exec.Command("go", "run", "./"+dir).CombinedOutput()
	require.NoError(t, err, "%s", out)
	values := map[string]string{}
	for line := range strings.Lines(string(out)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		require.True(t, ok, line)
		values[name] = value
	}
	return values
}

// TestStat: struct stat is laid out as the host's.
func TestStat(t *testing.T) {
	var host unix.Stat_t
	require.NoError(t, unix.Stat("/proc/self/exe", &host))
	at := func(s unix.Timespec) Timespec { return Timespec{Long(s.Sec), Long(s.Nsec)} }
	s := Kstat{
		Dev: host.Dev, Ino: host.Ino, Nlink: host.Nlink, Rdev: host.Rdev, Size: uint64(host.Size), Blksize: uint64(host.Blksize),
		Blocks: uint64(host.Blocks), Mode: host.Mode, Uid: host.Uid, Gid: host.Gid,
		Atime: at(host.Atim), Mtime: at(host.Mtim), Ctime: at(host.Ctim),
	}
	require.Equal(t, unsafe.Slice((*byte)(unsafe.Pointer(&host)), unsafe.Sizeof(host)), s.Stat())
}
