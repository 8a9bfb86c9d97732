using Amazon.CDK.AWS.EC2;
using Constructs;

namespace Packages;

/// <summary>
/// A network without a way to the internet, and the endpoints that a restore needs there: the API for the
/// token, the repositories for indexes, S3 for the packages themselves, and STS for the role.
/// </summary>
public class PackagesNetwork : Construct
{
    public PackagesNetwork(Construct scope, string id) : base(scope, id)
    {
        var vpc = new Vpc(this, "Vpc", new VpcProps
        {
            MaxAzs = 2,
            NatGateways = 0,
            SubnetConfiguration = new ISubnetConfiguration[]
            {
                new SubnetConfiguration { Name = "builds", SubnetType = SubnetType.PRIVATE_ISOLATED },
            },
        });
        // Private DNS is on by default: sources keep their usual URLs.
        vpc.AddInterfaceEndpoint("CodeArtifactApi", Of(InterfaceVpcEndpointAwsService.CODEARTIFACT_API));
        vpc.AddInterfaceEndpoint(
            "CodeArtifactRepositories",
            Of(InterfaceVpcEndpointAwsService.CODEARTIFACT_REPOSITORIES));
        vpc.AddInterfaceEndpoint("Sts", Of(InterfaceVpcEndpointAwsService.STS));
        vpc.AddGatewayEndpoint("S3", new GatewayVpcEndpointOptions { Service = GatewayVpcEndpointAwsService.S3 });
    }

    private static InterfaceVpcEndpointOptions Of(IInterfaceVpcEndpointService service) => new() { Service = service };
}
