//! Windows: files in a user's own folders are accessible to that user only by default. So owners
//! and access lists are read only for the administrators' file.
#![expect(unsafe_code, reason = "the standard library knows neither owners nor access lists")]
#![expect(clippy::disallowed_methods, reason = "owners and access lists are asked of the disk")]

use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::mem;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::ptr::{self, addr_of};
use std::thread;
use std::time::Duration;

use tempfile::{Builder, NamedTempFile};

use windows_sys::Win32::Foundation::{
    CloseHandle, ERROR_SUCCESS, GENERIC_ALL, GENERIC_WRITE, LocalFree,
};
use windows_sys::Win32::Security::Authorization::{
    GetSecurityInfo, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows_sys::Win32::Security::{
    ACCESS_ALLOWED_ACE, ACE_HEADER, ACL, ACL_REVISION, AddAccessAllowedAce, CreateWellKnownSid,
    DACL_SECURITY_INFORMATION, EqualSid, GetAce, GetTokenInformation, INHERIT_ONLY_ACE,
    InitializeAcl, OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION,
    PSECURITY_DESCRIPTOR, PSID, TOKEN_QUERY, TOKEN_USER, TokenUser, WELL_KNOWN_SID_TYPE,
    WinBuiltinAdministratorsSid, WinLocalSystemSid,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, DELETE, FILE_ALL_ACCESS, FILE_APPEND_DATA, FILE_DELETE_CHILD,
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_READ_ATTRIBUTES,
    FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_WRITE_DATA, GetFileInformationByHandle, READ_CONTROL,
    WRITE_DAC, WRITE_OWNER,
};
use windows_sys::Win32::System::SystemInformation::GetSystemWindowsDirectoryW;
use windows_sys::Win32::System::SystemServices::{ACCESS_ALLOWED_ACE_TYPE, ACCESS_DENIED_ACE_TYPE};
use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

use super::{Owner, Untrusted};
use crate::base::shell::quoted;

/// The rights that let somebody replace a file or folder, or grant himself the right to.
const EXCHANGING: u32 = DELETE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL;
/// The right to create files in a folder is not among them: a new file is checked for its own
/// owner.
const FORBIDDEN_FOR_FOLDERS: u32 = EXCHANGING | FILE_DELETE_CHILD;
const FORBIDDEN_FOR_FILES: u32 = EXCHANGING | FILE_WRITE_DATA | FILE_APPEND_DATA;

/// The size of the longest SID in bytes.
const LONGEST_SID: u32 = 68;

/// Why a folder is not used.
pub type FolderRefusal = io::Error;

/// There is no root here.
pub fn is_root() -> bool {
    false
}

/// The access list of a folder determines who can change what is in it.
pub fn owner_on_the_way(_: &Path) -> Option<Owner> {
    None
}

/// Gives the file its name, whatever has the name now. As long as somebody reads the file with that
/// name, Windows denies it, so it is tried again for a second.
pub(super) fn persist(mut temporary: NamedTempFile, target: &Path) -> io::Result<()> {
    const PAUSE: Duration = Duration::from_millis(5);
    for _ in 0..200 {
        match temporary.persist(target) {
            Ok(_) => return Ok(()),
            Err(failed) if failed.error.kind() == io::ErrorKind::PermissionDenied => {
                temporary = failed.file;
            }
            Err(failed) => return Err(failed.error),
        }
        #[expect(clippy::disallowed_methods, reason = "a reader is done within this time")]
        thread::sleep(PAUSE);
    }
    temporary.persist(target).map(drop).map_err(|failed| failed.error)
}

/// The path without links.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    canonical(path)
}

/// The path without links. It has the prefix `\\?\` only if it is too long for a path without one: people
/// do not expect it, and git refuses it.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    Ok(plain(path.canonicalize()?))
}

fn plain(path: PathBuf) -> PathBuf {
    const LONGEST_PLAIN: usize = 259;
    let of_a_drive = |text: &&str| text.as_bytes().get(1) == Some(&b':');
    let text = path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).filter(of_a_drive);
    match text.filter(|text| text.len() <= LONGEST_PLAIN) {
        Some(text) => text.into(),
        None => path,
    }
}

/// The folder as it is named, or, if its path is long, as `\\?\C:\…`: Windows takes no other path over
/// 260 characters. The standard library does the same itself, and the library that renames temporary
/// files does not.
pub(super) fn fixed_folder(folder: &Path) -> io::Result<(Option<File>, PathBuf)> {
    // So that a file's name fits as well.
    const LONGEST_PLAIN: usize = 160;
    let is_long = folder.as_os_str().len() > LONGEST_PLAIN;
    Ok((None, if is_long { folder.canonicalize()? } else { folder.to_owned() }))
}

/// Every file counts as this user's, because its folder determines who can use it.
pub fn is_ours(_: &Metadata) -> bool {
    true
}

/// The access list of the parent folder determines who can read it.
pub fn is_private(_: &Metadata) -> bool {
    true
}

/// The standard library has no count of hard links on Windows.
pub fn other_names(_: &Metadata) -> u64 {
    0
}

/// Whether the file is there. Its name decides whether it can be started.
pub fn can_start(path: &Path) -> bool {
    path.is_file()
}

/// The usual folder for temporary folders is the user's own.
pub(super) fn folder_for_owner_only<'a, 'b, 'c>(
    builder: &'c mut Builder<'a, 'b>,
) -> &'c mut Builder<'a, 'b> {
    builder
}

/// Whether this open file is the one at the path, and not one that was moved away or removed.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let mut options = OpenOptions::new();
    let there = itself(options.access_mode(FILE_READ_ATTRIBUTES)).open(path)?;
    Ok(number_of(file)? == number_of(&there)?)
}

/// The numbers of the volume and of the file on it.
fn number_of(file: &File) -> io::Result<[u32; 3]> {
    // SAFETY: all bits zero are a value of this structure, which has only numbers in it.
    let mut found: BY_HANDLE_FILE_INFORMATION = unsafe { mem::zeroed() };
    // SAFETY: the handle is open, and the structure is ours to be written.
    if unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) } == 0 {
        return Err(io::Error::last_os_error());
    }
    Ok([found.dwVolumeSerialNumber, found.nFileIndexHigh, found.nFileIndexLow])
}

/// Reading a file never blocks here.
pub(super) fn without_waiting(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// A file inherits the access list of its folder.
pub(super) fn for_owner_only(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// Lets nobody but this user use the file, whatever its folder grants. On a drive without access lists
/// this fails.
pub(super) fn keep_for_owner(file: &Path) -> io::Result<()> {
    const ROOM: usize = 64;
    let user = ThisUser::of_process()?;
    let path: Vec<u16> = file.as_os_str().encode_wide().chain([0]).collect();
    let mut list = [0_u32; ROOM];
    let access: *mut ACL = list.as_mut_ptr().cast();
    // SAFETY: the list has the size that is said, and room for one entry with the longest SID; the path
    // ends with a zero. Owner, group and audit list stay as they are.
    let error = unsafe {
        if InitializeAcl(access, size_of_u32::<[u32; ROOM]>(), ACL_REVISION) == 0
            || AddAccessAllowedAce(access, ACL_REVISION, FILE_ALL_ACCESS, user.sid()) == 0
        {
            return Err(io::Error::last_os_error());
        }
        SetNamedSecurityInfoW(
            path.as_ptr(),
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            ptr::null_mut(),
            ptr::null_mut(),
            access,
            ptr::null(),
        )
    };
    if error == ERROR_SUCCESS {
        return Ok(());
    }
    Err(io::Error::from_raw_os_error(error.cast_signed()))
}

/// The user that this process runs as, in the form of `TOKEN_USER` with its SID behind it. The first
/// points at the second, so they must not move.
struct ThisUser(Box<[usize; 32]>);

impl ThisUser {
    fn of_process() -> io::Result<Self> {
        let mut token = ptr::null_mut();
        let mut user = Self(Box::new([0; 32]));
        let mut length = 0;
        let size = size_of_u32::<[usize; 32]>();
        // SAFETY: the process's own handle needs no closing; the token's is closed once, below. The
        // buffer has the size that is said, and the alignment of a pointer.
        let is_known = unsafe {
            if OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) == 0 {
                return Err(io::Error::last_os_error());
            }
            let buffer = user.0.as_mut_ptr().cast();
            let is_known = GetTokenInformation(token, TokenUser, buffer, size, &raw mut length);
            CloseHandle(token);
            is_known != 0
        };
        if is_known { Ok(user) } else { Err(io::Error::last_os_error()) }
    }

    fn sid(&self) -> PSID {
        // SAFETY: the system has written this structure, and the SID into the rest of the buffer.
        unsafe { (*self.0.as_ptr().cast::<TOKEN_USER>()).User.Sid }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "these structures have less than 300 bytes")]
fn size_of_u32<T>() -> u32 {
    size_of::<T>() as u32
}

/// A link at the path is not followed.
pub(super) fn itself(options: &mut OpenOptions) -> &mut OpenOptions {
    options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
}

/// A file has the owner that its folder determines.
#[expect(clippy::unnecessary_wraps, reason = "other systems can fail here")]
pub fn keep_owner(_: &File, _: &Metadata) -> io::Result<()> {
    Ok(())
}

/// Creates the missing folders of the path.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

/// The same, because a new folder inherits its access list.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    make_private_folder(folder)
}

/// Creates the folder if it is missing, and refuses a link.
pub fn prepare_private_folder(
    path: &Path,
    _of_cache: fn(&OsStr) -> bool,
) -> Result<(), FolderRefusal> {
    fs::create_dir_all(path)?;
    if fs::symlink_metadata(path)?.is_dir() {
        return Ok(());
    }
    Err(io::Error::other("it is a link, not a folder"))
}

/// Opens an existing file that is not a link.
pub fn open_private(path: &Path) -> io::Result<File> {
    private(itself(OpenOptions::new().read(true)).open(path)?)
}

/// The same for a lock file, which is created if it is missing.
pub fn open_private_to_lock(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    // While it is open, nobody can remove or rename it.
    options.share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE);
    private(itself(&mut options).open(path)?)
}

fn private(file: File) -> io::Result<File> {
    if file.metadata()?.is_file() {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is not a regular file"))
}

/// `ProgramData` on the drive of Windows. The system is asked for it, because anybody can set the
/// variable with that name.
pub fn machine_config_dir() -> PathBuf {
    let folder = system_folder();
    let drive = folder.ancestors().last().filter(|drive| drive.has_root());
    drive.unwrap_or(Path::new("C:\\")).join("ProgramData")
}

/// The folder of Windows, from the system: a variable could name another one.
fn system_folder() -> PathBuf {
    const ROOM: u32 = 261;
    let mut text = [0_u16; ROOM as usize];
    // SAFETY: the buffer has room for as many characters as is said.
    let length = unsafe { GetSystemWindowsDirectoryW(text.as_mut_ptr(), ROOM) };
    text.get(..length as usize).map(String::from_utf16_lossy).unwrap_or_default().into()
}

/// Whether this process may change files for all users of the machine. Only a try can show it.
pub fn may_be_administrator() -> bool {
    true
}

/// Makes a folder that all users can read and only administrators can change: the folder above lets
/// all users make files in it.
pub fn make_administered_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let for_files_too = "(OI)(CI)";
    protect(folder, for_files_too)
}

/// A new file inherits the access list of its folder.
#[expect(clippy::unnecessary_wraps, reason = "it can fail on Unix")]
pub fn let_all_read(_: &File) -> io::Result<()> {
    Ok(())
}

/// Makes a file one that all users can read and only administrators can change.
pub fn give_to_administrators(file: &Path) -> io::Result<()> {
    protect(file, "")
}

/// The same as the fix of [`untrusted`], by the same program of the system.
fn protect(path: &Path, inheritance: &str) -> io::Result<()> {
    let everything = |who: &str| format!("*{who}:{inheritance}F");
    let users = format!("*S-1-5-32-545:{inheritance}RX");
    let granted = [everything("S-1-5-32-544"), everything("S-1-5-18"), users];
    icacls(path, &["/setowner".to_owned(), "*S-1-5-32-544".to_owned()])?;
    let words = ["/inheritance:r".to_owned(), "/grant:r".to_owned()];
    icacls(path, &[words.as_slice(), granted.as_slice()].concat())
}

fn icacls(path: &Path, words: &[String]) -> io::Result<()> {
    let program = system_folder().join("System32").join("icacls.exe");
    let run = Command::new(program).arg(path).args(words).output()?;
    if run.status.success() {
        return Ok(());
    }
    // Its text is in the language of the system. That it lacks a right is what is left to go wrong.
    Err(io::Error::new(io::ErrorKind::PermissionDenied, run.status.to_string()))
}

/// Accepts a regular file of the administrators or the system that nobody else can write or
/// replace, in a folder of theirs. Neither may be a link.
pub fn check_administered(path: &Path) -> Result<(), Untrusted> {
    let found = fs::symlink_metadata(path)?;
    if let Some(folder) = path.parent() {
        check_step(folder, FORBIDDEN_FOR_FOLDERS)?;
    }
    if !found.is_file() {
        return Err(untrusted(path, "is no regular file"));
    }
    check_step(path, FORBIDDEN_FOR_FILES)
}

/// With the commands that give it to the administrators, and let users read it.
fn untrusted(path: &Path, why: &str) -> Untrusted {
    let word = quoted(&path.to_string_lossy());
    let fix = format!(
        "icacls {word} /setowner *S-1-5-32-544; icacls {word} /inheritance:r /grant:r \
         *S-1-5-32-544:F *S-1-5-18:F *S-1-5-32-545:RX"
    );
    Untrusted::Reason { reason: format!("`{}` {why}", path.display()), fix }
}

fn check_step(path: &Path, forbidden: u32) -> Result<(), Untrusted> {
    let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
    let mut options = OpenOptions::new();
    let opened = options.access_mode(READ_CONTROL).custom_flags(flags).open(path)?;
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(untrusted(path, "is a link"));
    }
    let security = Security::of(&opened)?;
    let administrators = WellKnown::all()?;
    if !administrators.iter().any(|known| known.is(security.owner)) {
        return Err(untrusted(path, "does not belong to the administrators"));
    }
    if security.lets_others(forbidden, &administrators) {
        return Err(untrusted(path, "may be changed by others than administrators"));
    }
    Ok(())
}

/// Owner and access list. They point into the descriptor and live as long.
struct Security {
    owner: PSID,
    access: *mut ACL,
    descriptor: PSECURITY_DESCRIPTOR,
}

impl Security {
    fn of(opened: &File) -> io::Result<Self> {
        let (mut owner, mut access, mut descriptor) =
            (ptr::null_mut(), ptr::null_mut(), ptr::null_mut());
        // SAFETY: the handle is open; the three places are written, or left null.
        let error = unsafe {
            GetSecurityInfo(
                opened.as_raw_handle(),
                SE_FILE_OBJECT,
                OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION,
                &raw mut owner,
                ptr::null_mut(),
                &raw mut access,
                ptr::null_mut(),
                &raw mut descriptor,
            )
        };
        if error == ERROR_SUCCESS {
            Ok(Self { owner, access, descriptor })
        } else {
            Err(io::Error::from_raw_os_error(error.cast_signed()))
        }
    }

    /// Whether anybody else has any of these rights. Without a list, everybody has all rights, and
    /// an entry of an unknown kind may grant any right to anybody.
    fn lets_others(&self, forbidden: u32, administrators: &[WellKnown]) -> bool {
        if self.access.is_null() {
            return true;
        }
        // SAFETY: not null, and part of the descriptor, which lives as long as this.
        let count = unsafe { (*self.access).AceCount };
        (0..u32::from(count)).any(|place| {
            let mut entry = ptr::null_mut();
            // SAFETY: the list is valid, and the place is checked by the system.
            if unsafe { GetAce(self.access, place, &raw mut entry) } == 0 {
                return true;
            }
            // SAFETY: every entry begins with its header.
            let header = unsafe { *entry.cast::<ACE_HEADER>() };
            let kind = u32::from(header.AceType);
            if kind == ACCESS_DENIED_ACE_TYPE || u32::from(header.AceFlags) & INHERIT_ONLY_ACE != 0
            {
                return false;
            }
            if kind != ACCESS_ALLOWED_ACE_TYPE {
                return true;
            }
            let entry = entry.cast::<ACCESS_ALLOWED_ACE>();
            // SAFETY: an entry of this kind has a mask, and a SID from `SidStart` on.
            let (mask, who) = unsafe { ((*entry).Mask, addr_of!((*entry).SidStart)) };
            let who = who.cast_mut().cast();
            mask & forbidden != 0 && !administrators.iter().any(|known| known.is(who))
        })
    }
}

impl Drop for Security {
    fn drop(&mut self) {
        // SAFETY: the system allocated it, and this is the one place that frees it.
        unsafe { LocalFree(self.descriptor) };
    }
}

/// A well-known SID.
struct WellKnown([u32; LONGEST_SID as usize / 4]);

impl WellKnown {
    fn all() -> io::Result<[Self; 2]> {
        Ok([Self::of(WinBuiltinAdministratorsSid)?, Self::of(WinLocalSystemSid)?])
    }

    fn of(kind: WELL_KNOWN_SID_TYPE) -> io::Result<Self> {
        let mut sid = Self([0; LONGEST_SID as usize / 4]);
        let mut size = LONGEST_SID;
        // SAFETY: the buffer has the size that is said, which is enough for every SID.
        let made = unsafe {
            CreateWellKnownSid(kind, ptr::null_mut(), sid.0.as_mut_ptr().cast(), &raw mut size)
        };
        if made == 0 { Err(io::Error::last_os_error()) } else { Ok(sid) }
    }

    fn is(&self, other: PSID) -> bool {
        let own = self.0.as_ptr().cast_mut().cast();
        // SAFETY: both are valid SIDs.
        unsafe { EqualSid(own, other) != 0 }
    }
}
