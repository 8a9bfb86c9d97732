//! Links instead of our folders.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::path::PathBuf;

use crate::support::sandbox_home::{PLUGIN_NAME, SandboxHome};
use crate::support::trials::{Need, Trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("a_link_to_another_users_folder_is_refused", a_foreign_link).needing(Need::Root),
        trial("a_linked_folder_of_the_same_user_is_filled", a_link_of_the_same_user),
    ]
}

/// A home in which our folder is a link to one beside the home, of mode 0700.
fn home_with_a_link() -> (SandboxHome, PathBuf) {
    let home = SandboxHome::bare();
    let target = home.root().join("target");
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
        let ran = home.run_plugin(&[command]);
        assert_eq!(
            home.neutral(&ran.stderr),
            "error: [CNP605] `<root>/home/.nuget/plugins/netcore/CredentialProvider.CodeArtifact` is a \
             link of one user to a folder of another user, which is not safe to follow. Remove the link, \
             or choose another plugins folder with `--dir`.\n"
        );
    }
    assert_eq!(fs::read_dir(&target).expect("the folder").count(), 0);
    assert_eq!(fs::metadata(&target).expect("the folder").mode() & 0o777, 0o700);
}

fn a_link_of_the_same_user() {
    let (home, target) = home_with_a_link();
    home.succeed(&["install"]);
    assert!(target.join(PLUGIN_NAME).exists());
    assert_eq!(fs::metadata(&target).expect("the folder").mode() & 0o777, 0o700);
    home.succeed(&["uninstall"]);
    assert_eq!(fs::read_dir(&target).expect("the folder").count(), 0);
}
