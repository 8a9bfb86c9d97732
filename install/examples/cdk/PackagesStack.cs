using System;
using System.Collections.Generic;
using Amazon.CDK;
using Amazon.CDK.AWS.CodeArtifact;
using Amazon.CDK.AWS.IAM;
using Constructs;

namespace Packages;

/// <summary>A domain, a repository for our packages, one for public ones, and who may use them.</summary>
public class PackagesStack : Stack
{
    private const string GitHub = "token.actions.githubusercontent.com";

    private readonly string _domain;
    private readonly string _repository;
    private readonly string _publicMirror;

    public PackagesStack(Construct scope, string id, IStackProps? props = null) : base(scope, id, props)
    {
        _domain = FromContext("domain");
        _repository = FromContext("repository");
        _publicMirror = FromContext("publicMirror");

        var domain = new CfnDomain(this, "Domain", new CfnDomainProps
        {
            DomainName = _domain,
            PermissionsPolicyDocument = ForOrganization("codeartifact:GetAuthorizationToken"),
        });
        var publicMirror = AddRepository("PublicMirror", _publicMirror, domain);
        publicMirror.ExternalConnections = new[] { "public:nuget-org" };
        var repository = AddRepository("Repository", _repository, domain);
        if (OptionalContext("sources") == "one")
        {
            repository.Upstreams = new[] { _publicMirror };
            repository.Node.AddDependency(publicMirror);
        }
        ProtectOwnPackages(domain);
        AddRoles();
        AddOutputs();
    }

    /// <summary>What the other files ask for: the sources of NuGet.Config. The roles add their own.</summary>
    private void AddOutputs()
    {
        Say("RepositorySource", SourceOf(_repository));
        Say("PublicMirrorSource", SourceOf(_publicMirror));
    }

    private CfnRepository AddRepository(string id, string name, CfnDomain domain)
    {
        var repository = new CfnRepository(this, id, new CfnRepositoryProps
        {
            DomainName = _domain,
            RepositoryName = name,
            PermissionsPolicyDocument = ForOrganization("codeartifact:ReadFromRepository"),
        });
        repository.Node.AddDependency(domain);
        return repository;
    }

    /// <summary>
    /// Packages whose names begin with our word are published, and never taken from the public gallery. CodeArtifact
    /// compares names in lower case.
    /// </summary>
    private void ProtectOwnPackages(CfnDomain domain)
    {
        var allow = new CfnPackageGroup.RestrictionTypeProperty { RestrictionMode = "ALLOW" };
        var block = new CfnPackageGroup.RestrictionTypeProperty { RestrictionMode = "BLOCK" };
        var group = new CfnPackageGroup(this, "OwnPackages", new CfnPackageGroupProps
        {
            DomainName = _domain,
            Pattern = $"/nuget//{FromContext("ownPackages").ToLowerInvariant()}~",
            OriginConfiguration = new CfnPackageGroup.OriginConfigurationProperty
            {
                Restrictions = new CfnPackageGroup.RestrictionsProperty
                {
                    Publish = allow,
                    InternalUpstream = allow,
                    ExternalUpstream = block,
                },
            },
        });
        group.Node.AddDependency(domain);
    }

    /// <summary>Each with the permissions of iam/developer.json or iam/ci-publish.json.</summary>
    private void AddRoles()
    {
        var project = FromContext("githubRepository");
        var provider = GitHubProviderArn();
        // Whoever in this account is allowed to assume it.
        var developer = new Role(this, "DeveloperRole", new RoleProps { AssumedBy = new AccountRootPrincipal() });
        var pullRequests = $"repo:{project}:pull_request";
        var main = $"repo:{project}:ref:refs/heads/main";
        var read = OfGitHub("ReadRole", provider, pullRequests, main);
        var publish = OfGitHub("PublishRole", provider, $"repo:{project}:environment:publish");
        _ = new ManagedPolicy(this, "Developer", new ManagedPolicyProps
        {
            Description = "Restore from CodeArtifact",
            Statements = ReadStatements(),
            Roles = new IRole[] { developer, read },
        });
        _ = new ManagedPolicy(this, "Publish", new ManagedPolicyProps
        {
            Description = "Restore from and push to CodeArtifact",
            Statements = PublishStatements(),
            Roles = new IRole[] { publish },
        });
        Say("DeveloperRoleArn", developer.RoleArn);
        Say("ReadRoleArn", read.RoleArn);
        Say("PublishRoleArn", publish.RoleArn);
    }

    /// <summary>The same as iam/trust-github-read.json and iam/trust-github-publish.json.</summary>
    private Role OfGitHub(string id, string providerArn, params string[] subjects) => new(this, id, new RoleProps
    {
        AssumedBy = new WebIdentityPrincipal(providerArn, new Dictionary<string, object>
        {
            ["StringEquals"] = new Dictionary<string, object>
            {
                [$"{GitHub}:aud"] = "sts.amazonaws.com",
                [$"{GitHub}:sub"] = subjects,
            },
        }),
    });

    /// <summary>An account has one provider for GitHub at most: it may be there already.</summary>
    private string GitHubProviderArn() =>
        OptionalContext("githubProviderArn") ?? new OidcProviderNative(this, "GitHub", new OidcProviderNativeProps
        {
            Url = $"https://{GitHub}",
            ClientIds = new[] { "sts.amazonaws.com" },
        }).OidcProviderArn;

    private PolicyStatement[] ReadStatements() => new[]
    {
        Allow("codeartifact:GetAuthorizationToken", Arn($"domain/{_domain}")),
        new PolicyStatement(new PolicyStatementProps
        {
            Actions = new[] { "sts:GetServiceBearerToken" },
            Resources = new[] { "*" },
            Conditions = Equal("sts:AWSServiceName", "codeartifact.amazonaws.com"),
        }),
        Allow(
            "codeartifact:ReadFromRepository",
            Arn($"repository/{_domain}/{_repository}"),
            Arn($"repository/{_domain}/{_publicMirror}")),
    };

    private PolicyStatement[] PublishStatements() => new List<PolicyStatement>(ReadStatements())
    {
        Allow("codeartifact:PublishPackageVersion", Arn($"package/{_domain}/{_repository}/nuget/*")),
    }.ToArray();

    private static PolicyStatement Allow(string action, params string[] resources) => new(new PolicyStatementProps
    {
        Actions = new[] { action },
        Resources = resources,
    });

    /// <summary>The same as the policies for other accounts in iam/, where an organization is named.</summary>
    private PolicyDocument? ForOrganization(string action)
    {
        if (OptionalContext("organization") is not { } organization)
        {
            return null;
        }
        return new PolicyDocument(new PolicyDocumentProps
        {
            Statements = new[]
            {
                new PolicyStatement(new PolicyStatementProps
                {
                    Principals = new IPrincipal[] { new AnyPrincipal() },
                    Actions = new[] { action },
                    Resources = new[] { "*" },
                    Conditions = Equal("aws:PrincipalOrgID", organization),
                }),
            },
        });
    }

    private static Dictionary<string, object> Equal(string key, string value) => new()
    {
        ["StringEquals"] = new Dictionary<string, object> { [key] = value },
    };

    private void Say(string name, string value) => _ = new CfnOutput(this, name, new CfnOutputProps { Value = value });

    private string SourceOf(string repository) =>
        $"https://{_domain}-{Account}.d.codeartifact.{Region}.{UrlSuffix}/nuget/{repository}/v3/index.json";

    private string Arn(string resource) => $"arn:{Partition}:codeartifact:{Region}:{Account}:{resource}";

    private string FromContext(string key) => OptionalContext(key) ?? throw new InvalidOperationException(
        $"the context value `{key}` is missing; add `-c {key}=…` to the command");

    private string? OptionalContext(string key) =>
        Node.TryGetContext(key) is string { Length: > 0 } value ? value : null;
}
