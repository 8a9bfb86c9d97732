//! Links in the place of our folders.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::PathBuf;

use libtest_mimic::Trial;

use crate::home::{Home, NAME};
use crate::{trial, trial_with};

pub fn trials() -> Vec<Trial> {
    let is_root = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0);
    vec![
        trial_with("a_link_to_another_users_folder_is_refused", "root", is_root, a_foreign_link),
        trial("a_linked_folder_of_the_same_user_is_filled", a_link_of_the_same_user),
    ]
}

/// A home in which our folder is a link to one beside the home, of mode 0700.
fn home_with_a_link() -> (Home, PathBuf) {
    let home = Home::new();
    let target = home.beside("target");
    fs::create_dir(&target).expect("a folder");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o700)).expect("its mode");
    fs::create_dir_all(home.netcore().parent().expect("a folder of ours is in one")).expect("it");
    symlink(&target, home.netcore()).expect("a link");
    (home, target)
}

fn a_foreign_link() {
    let (home, target) = home_with_a_link();
    lchown(home.netcore(), Some(12_345), Some(12_345)).expect("root gives away");
    for command in ["install", "uninstall"] {
        let ran = home.run(&[command]);
        assert_eq!(
            home.neutral(&ran.err),
            "error: `HOME/.nuget/plugins/netcore/CredentialProvider.CodeArtifact` is a link of one \
             user's to what belongs to another; remove the link, or name another plugins folder \
             with `--dir`\n"
        );
    }
    assert_eq!(fs::read_dir(&target).expect("the folder").count(), 0);
    assert_eq!(fs::metadata(&target).expect("the folder").mode() & 0o777, 0o700);
}

fn a_link_of_the_same_user() {
    let (home, target) = home_with_a_link();
    home.succeed(&["install"]);
    assert!(target.join(NAME).exists());
    assert_eq!(fs::metadata(&target).expect("the folder").mode() & 0o777, 0o700);
    home.succeed(&["uninstall"]);
    assert_eq!(fs::read_dir(&target).expect("the folder").count(), 0);
}
